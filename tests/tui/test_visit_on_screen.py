"""The way through a visit, from the choice of a script to the diagnosis and back."""

from __future__ import annotations

import pytest

from nndoctor.case import UNSURE, Evidence
from nndoctor.rulebook.pack import PackError, Problem, Rulebook
from nndoctor.tui.screens.symptoms import CHECK_UP
from nndoctor.tui.widgets.choices import Choices
from nndoctor.visit import load
from tests.tui.clinic import Clinic, recorded, rulebook, shows, to_diagnosis, told, until


async def test_a_script_is_chosen_from_the_directory(clinic: Clinic) -> None:
    (clinic.directory / "plots.py").write_text("print(1)\n")
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        await shows(pilot, "looks like a training")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "symptoms")
        await until(pilot, lambda: bool(clinic.labs))
        assert clinic.labs[0].patient.target == "train.py"


async def test_a_script_is_typed_with_its_arguments(clinic: Clinic) -> None:
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        await shows(pilot, "train.py")
        await pilot.press("i", *"gone.py", "enter")
        await shows(pilot, "there is no file gone.py")
        await pilot.press("escape", "a", *"--lr 9", "enter")
        await until(pilot, lambda: bool(clinic.labs))
        assert clinic.labs[0].patient.arguments == ("--lr", "9")


async def test_in_an_empty_directory_the_line_is_ready_for_typing(clinic: Clinic) -> None:
    app = clinic.app(target=False)
    (clinic.directory / "train.py").unlink()
    async with app.run_test() as pilot:
        await shows(pilot, "none here")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "target")


async def test_a_target_on_the_command_line_goes_straight_to_the_complaint(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        assert app.screen.id == "symptoms"
        await shows(pilot, "The accuracy stays at chance")
        assert "1 A check-up" in told(app)


async def test_a_visit_leads_from_the_complaint_to_the_diagnosis(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "Softmax in front of a cross-entropy")
        assert app.consultation is not None
        assert app.consultation.attendance is not None
        case = app.consultation.attendance.visit.case
        assert case.symptoms == ("accuracy-stuck-at-chance",)
        assert dict(case.answers) == {"ever_worked": "never", "labels_checked": "yes"}
        assert set(clinic.labs[0].asked) >= {"loss_curve", "loss_graph", "gradient_flow", "step_size", "memory_growth"}


async def test_many_complaints_are_ticked_with_digits_and_space(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await shows(pilot, "6 The GPU")
        await pilot.press("2", "4", "k", "space", "2")
        assert "[✓] 3" in told(app)
        assert "[✓] 4" in told(app)
        assert "[ ] 2" in told(app)
        await pilot.press("1")
        assert told(app).count("[✓]") == 1
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert app.consultation is not None
        assert app.consultation.attendance is not None
        assert app.consultation.attendance.visit.case.symptoms == (CHECK_UP,)


async def test_a_ticked_complaint_is_the_one_that_is_told_in_words(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await shows(pilot, "6 The GPU")
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query_one(Choices).pointed == "accuracy-stuck-at-chance")
        words = rulebook().symptoms["accuracy-stuck-at-chance"].words.in_language("en")
        await shows(pilot, words.split(".")[0])


async def test_a_pack_without_a_check_up_still_offers_one(clinic: Clinic) -> None:
    book = rulebook()
    bare = Rulebook(book.rules, {"overfits": book.symptoms["overfits"]}, book.probes)
    app = clinic.app(load=lambda: bare)
    async with app.run_test() as pilot:
        await shows(pilot, "1 A check-up")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "diagnosis")


async def test_not_knowing_is_an_answer_and_tells_what_finds_out(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await shows(pilot, "3 The accuracy")
        await pilot.press("3", "enter")
        await shows(pilot, "Question 1 of about 2")
        await shows(pilot, "The graph behind the loss finds out: no extra time")
        await pilot.press("0")
        await shows(pilot, "Question 2 of about 2")
        assert "Has this training ever worked? → I don't know" in told(app)
        assert app.consultation is not None
        assert app.consultation.attendance is not None
        assert app.consultation.attendance.visit.case.answers["ever_worked"] == UNSURE


async def test_u_takes_the_last_answer_back(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await shows(pilot, "3 The accuracy")
        await pilot.press("3", "enter")
        await shows(pilot, "Question 1")
        await pilot.press("2")
        await shows(pilot, "Question 2")
        await pilot.press("u")
        await shows(pilot, "Question 1")
        assert "Yes, before I changed something" in told(app)


async def test_esc_goes_back_step_by_step_and_loses_nothing(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("escape")
        await shows(pilot, "examined in")
        await pilot.press("escape")
        await shows(pilot, "Go on to the examination")
        assert "Did you look at samples with their labels? → Yes, they fit" in told(app)
        await pilot.press("escape")
        await shows(pilot, "[✓] 3")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "intake")
        await pilot.press("escape")
        assert app.screen.id == "intake"
        await shows(pilot, "train.py")
        assert len(clinic.labs) == 1
        assert clinic.labs[0].closed == 0


async def test_the_same_answer_is_never_measured_twice(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await to_diagnosis(pilot)
        asked = list(clinic.labs[0].asked)
        await pilot.press("escape", "escape", "escape")
        await shows(pilot, "[✓] 3")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        assert clinic.labs[0].asked == asked


async def test_another_script_gets_another_lab_and_the_first_is_closed(clinic: Clinic) -> None:
    (clinic.directory / "zz.py").write_text("print(1)\n")
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        await shows(pilot, "zz.py")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "symptoms")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "intake")
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(clinic.labs) == 2)
        assert clinic.labs[0].closed == 1
        assert clinic.labs[1].patient.target == "zz.py"


async def test_the_case_is_saved_and_can_be_reopened(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test() as pilot:
        await to_diagnosis(pilot)
    [path] = clinic.cases.glob("*.json")
    assert load(path).symptoms == ("accuracy-stuck-at-chance",)
    again = clinic.app(target=False)
    async with again.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "Saved cases")
        await pilot.press("j", "enter")
        await until(pilot, lambda: again.screen.id == "diagnosis")
        await shows(pilot, "1 Softmax in front")
        assert len(clinic.labs) == 2
        assert clinic.labs[1].asked == []
        await pilot.press("escape")
        await shows(pilot, "[✓] 3")


async def test_a_case_that_is_broken_is_refused_in_words(clinic: Clinic) -> None:
    clinic.cases.mkdir(parents=True)
    written = '{"schema": 99, "case": {"patient": {"target": "old.py"}}}'
    (clinic.cases / "old.json").write_text(written)
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        await shows(pilot, "old.py")
        await pilot.press("j", "enter")
        await shows(pilot, "this case can't be reopened")


async def test_a_broken_pack_ends_the_app_with_its_problems(clinic: Clinic) -> None:
    def broken() -> Rulebook:
        raise PackError((Problem("rules/x.yaml", 3, 1, "no such key 'wen'", "did you mean 'when'?"),))

    app = clinic.app(load=broken)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code == 2)


async def test_what_nobody_could_measure_is_said_so(clinic: Clinic) -> None:
    why = "No module named 'torch' in /usr/bin/python3"
    clinic.evidence = {name: Evidence(name, "not_measurable", why=why) for name in recorded(clinic.directory)}
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 A check-up")
        await pilot.press("1", "enter")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        await shows(pilot, why)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12), (20, 5)])
async def test_no_size_of_the_terminal_breaks_a_screen(clinic: Clinic, lang: str, size: tuple[int, int]) -> None:
    app = clinic.app("zh" if lang == "zh" else "en")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.consultation is not None and app.consultation.attendance is not None)
        await pilot.press("3", "enter", "1", "1")
        await until(pilot, lambda: app.screen.id == "diagnosis")
        for key in ("j", "G", "enter", "space", "r", "question_mark", "escape", "escape", "escape"):
            await pilot.press(key)
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: app.screen.id == "examination")
