"""The examination while it goes on: what is drawn, ended, left and resumed."""

from __future__ import annotations

from textual.pilot import Pilot

from nndoctor.rulebook.pack import Rulebook
from nndoctor.tui.screens.leaving import LeavingScreen
from tests.tui.clinic import Clinic, offered, rulebook, shows, told, until


async def begun(pilot: Pilot[None]) -> None:
    await shows(pilot, "1 A check-up")
    await pilot.press("1", "enter")
    await until(pilot, lambda: pilot.app.screen.id == "examination")
    await shows(pilot, "step 120 of 200")


async def test_a_run_shows_its_curve_output_probe_and_progress(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot)
        shown = told(app)
        assert "watching train.py" in shown
        assert "60%" in shown
        assert "about 0:10 left" in shown
        assert "epoch 3  loss 2.61  accuracy 0.10" in shown
        assert "60%|██████    | 120/200" in shown
        assert "118/200" not in shown
        assert "▸ Size of the steps" in shown
        assert any(0x2800 < ord(character) < 0x2900 for character in shown)
        assert "x end this run" in shown


async def test_x_ends_the_run_and_keeps_what_was_seen(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot)
        await pilot.press("x")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert clinic.labs[0].cancelled == 1
        assert len(clinic.labs[0].asked) > 3
        await shows(pilot, "Softmax in front")


async def test_d_stops_the_examination_and_c_goes_on_with_it(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert len(clinic.labs[0].asked) == 1
        await pilot.press("escape")
        await shows(pilot, "stopped after")
        await pilot.press("c")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert len(clinic.labs[0].asked) > 3


async def test_esc_leaves_the_run_going_and_finds_it_again(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await begun(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "symptoms")
        await pilot.press("enter")
        await shows(pilot, "step 120 of 200")
        assert clinic.labs[0].cancelled == 0
        await pilot.press("escape")
        clinic.labs[0].gate.set()
        await shows(pilot, "The examination is over")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "diagnosis")


async def test_quitting_asks_only_while_a_run_is_in_progress(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot)
        await pilot.press("q")
        await shows(pilot, "End it and quit?")
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "examination")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: isinstance(app.screen, LeavingScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.return_code == 130)
    assert clinic.labs[0].closed == 1


async def test_without_a_run_q_leaves_at_once(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await shows(pilot, "1 A check-up")
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)
    assert [lab.closed for lab in clinic.labs] == [1]


async def test_a_complaint_changed_meanwhile_brings_its_questions(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "symptoms")
        await pilot.press("3", "enter")
        await shows(pilot, "Question 1 of about 2")
        clinic.labs[0].gate.set()
        await pilot.press("1", "1")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert len(set(clinic.labs[0].asked)) == len(clinic.labs[0].asked)


def patient_rulebook() -> Rulebook:
    """The same, but whatever is asked waits until all that costs nothing is measured."""
    known = rulebook()
    symptoms = {
        id_: symptom.model_copy(
            update={"questions": tuple(one.model_copy(update={"once_measured": True}) for one in symptom.questions)}
        )
        for id_, symptom in known.symptoms.items()
    }
    return Rulebook(known.rules, symptoms, known.probes)


async def test_what_the_measurements_left_open_is_asked_after_them(clinic: Clinic) -> None:
    app = clinic.app(load=patient_rulebook)
    async with app.run_test(size=(120, 40)) as pilot:
        await offered(pilot)
        await pilot.press("3", "enter")
        # whether it ever worked is of no concern any more: the weights did not start at zero
        await shows(pilot, "Did you look at samples with their labels?")
        assert "Question 1 of about 1" in told(app)
        assert "loss_graph" in clinic.labs[0].asked
        await pilot.press("1")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert len(set(clinic.labs[0].asked)) == len(clinic.labs[0].asked)
        await pilot.press("escape")
        await shows(pilot, "All is asked.")


async def test_who_wants_the_diagnosis_now_is_asked_nothing_more(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app(load=patient_rulebook)
    async with app.run_test(size=(120, 40)) as pilot:
        await offered(pilot)
        await pilot.press("3", "enter")
        await shows(pilot, "step 120 of 200")
        await pilot.press("d")
        await until(pilot, lambda: app.screen.id == "diagnosis")


async def test_the_log_scrolls_by_keys_and_follows_again_at_its_end(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await begun(pilot)
        await pilot.press("g")
        await shows(pilot, "loading data ... 60000 images")
        await pilot.press("G")
        await shows(pilot, "120/200")
