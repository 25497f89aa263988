from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nndoctor.case import UNSURE, Case, Change, Evidence, Fact, Patient, Picture, Place, Series, TrialRun
from nndoctor.engine.interview import Ask
from nndoctor.engine.plan import Run
from nndoctor.engine.step import Conclude, Step
from nndoctor.engine.treatment import Treat
from nndoctor.probe import Cost
from nndoctor.visit import FREE_AT_LEAST, WATCHING_SHARE, Visit, load, save
from nndoctor.wire import RunProbe, RunTrial, WorkerReady
from tests.packs import book, rule, symptom

FLAG = {"is": True}


class FakeLab:
    """A lab whose probes each take `takes` seconds of a clock of its own, and find every fact true."""

    def __init__(self, *, takes: float = 1.0, problem: str = "") -> None:
        self.now = 0.0
        self.takes = takes
        self.problem = problem
        self.asked: list[tuple[str, Path, float]] = []
        self.tried: list[RunTrial] = []
        self.warmed = 0

    def clock(self) -> float:
        return self.now

    async def warm(self) -> WorkerReady:
        self.warmed += 1
        self.now += 100.0
        return WorkerReady({"torch": "2.13"}, self.problem)

    async def run(self, order: RunProbe, /) -> Evidence:
        self.asked.append((order.probe, Path(order.path), order.seconds))
        self.now += self.takes
        await asyncio.sleep(0)
        return Evidence(order.probe, "measured", self.takes, facts={"x": Fact(value=True)})

    async def try_out(self, order: RunTrial, /) -> TrialRun:
        self.tried.append(order)
        self.now += self.takes
        await asyncio.sleep(0)
        return TrialRun("measured", order.changes, seconds=self.takes)


def visit(lab: FakeLab, *, seconds: float = 600.0, complaints: tuple[str, ...] = ("slow", "stuck")) -> Visit:
    rules = [
        rule("a/free", {"fact": "free.x", **FLAG}, "slow"),
        rule("a/also", {"all": [{"fact": "also_free.x", **FLAG}, {"fact": "answer.q", "is": "yes"}]}, "slow"),
        rule("a/long", {"fact": "long.x", **FLAG}, "stuck"),
    ]
    costs: dict[str, Cost] = {"long": "minutes"}
    case = Case(Patient("train.py", seconds=seconds)).complaining_of(*complaints)
    return Visit(case, book(rules, [symptom("slow", "q"), symptom("stuck")], costs), lab, clock=lab.clock)


async def test_a_visit_without_a_user_asks_nothing_and_ends_with_a_diagnosis() -> None:
    lab, heard = FakeLab(), list[Step]()
    consultation = visit(lab)
    diagnosis = await consultation.examine(heard.append)
    assert [type(step) for step in heard] == [Ask, Run, Run, Run, Conclude]
    assert consultation.case.answers == {"q": UNSURE}
    assert [probe for probe, _, _ in lab.asked] == ["also_free", "free", "long"]
    assert diagnosis == consultation.diagnosis()
    assert {finding.rule for finding in diagnosis.findings} == {"a/free", "a/long"}
    assert consultation.case.environment == {"torch": "2.13"}


async def test_the_first_probe_gets_the_watchings_time_and_the_others_their_own() -> None:
    lab = FakeLab(takes=40.0)
    await visit(lab, seconds=200.0).examine()
    assert [seconds for _, _, seconds in lab.asked] == [WATCHING_SHARE * 200.0, 30.0, 200.0 - 2 * 40.0]
    assert lab.asked[0][1] == Path("also_free.py")


async def test_with_no_time_left_free_probes_are_still_run_and_costly_ones_say_so() -> None:
    lab = FakeLab(takes=60.0)
    consultation = visit(lab, seconds=50.0)
    await consultation.examine()
    assert [(probe, seconds) for probe, _, seconds in lab.asked] == [("also_free", 30.0), ("free", FREE_AT_LEAST)]
    late = consultation.case.evidence["long"]
    assert (late.outcome, late.why) == ("timed_out", "no time left of 50 s")
    assert consultation.seconds_left() == 0.0


async def test_neither_thinking_nor_the_start_of_the_worker_is_counted() -> None:
    lab = FakeLab(takes=10.0)
    consultation = visit(lab)
    lab.now += 1000.0
    await consultation.perform(Run("free", 1))
    lab.now += 1000.0
    assert consultation.seconds_left() == 590.0


async def test_the_time_of_a_trial_is_shared_by_the_runs_that_are_still_to_come() -> None:
    lab = FakeLab()
    consulted = visit(lab)
    seed: Change = {"intervention": "other_seed"}
    await consulted.treat(Treat("a/free", "treated", (seed,)))
    await consulted.treat(Treat("a/free", "other_seed", (seed,), whole=False))
    await consulted.treat(Treat("a/free", "other_change", (seed,), whole=False))
    await consulted.treat(Treat("a/free", "other_change", (seed,), whole=True))
    assert [(order.runs, order.iterations, order.whole) for order in lab.tried] == [
        (3, None, False), (2, 0, False), (1, 0, False), (1, 0, True)
    ]  # fmt: skip


async def test_a_worker_that_can_not_start_is_asked_once_and_its_problem_kept() -> None:
    lab = FakeLab(problem="no torch there")
    consultation = visit(lab)
    diagnosis = await consultation.examine()
    assert (lab.warmed, lab.asked, consultation.problem) == (1, [], "no torch there")
    assert {evidence.outcome for evidence in consultation.case.evidence.values()} == {"not_measurable"}
    assert not diagnosis.findings
    assert all("no torch there" in left.why for left in diagnosis.not_examined)


async def test_a_cancelled_wait_is_counted_and_leaves_no_evidence() -> None:
    class Stuck(FakeLab):
        async def run(self, order: RunProbe, /) -> Evidence:
            self.now += 5.0
            await asyncio.sleep(3600)
            return await super().run(order)

    lab = Stuck()
    consultation = visit(lab)
    waiting = asyncio.create_task(consultation.perform(Run("free", 1)))
    for _ in range(3):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not consultation.case.evidence
    assert consultation.seconds_left() == 595.0


def test_answers_are_taken_down_and_back_the_last_one_first() -> None:
    consultation = visit(FakeLab())
    assert consultation.ahead() == 4
    consultation.answer("q", "yes")
    assert isinstance(consultation.step(), Run)
    assert consultation.take_back() == "q"
    assert isinstance(consultation.step(), Ask)
    assert consultation.take_back() is None


def test_an_answer_given_again_is_the_last_one() -> None:
    consultation = visit(FakeLab())
    consultation.case = consultation.case.with_answer("q", "no").with_answer("other", "x")
    consultation.answer("q", "yes")
    assert consultation.take_back() == "q"
    assert consultation.take_back() == "other"


def test_words_that_no_pack_knows_are_refused() -> None:
    consultation = visit(FakeLab())
    with pytest.raises(ValueError, match="no question 'qq'"):
        consultation.answer("qq", "yes")
    with pytest.raises(ValueError, match="it is one of yes, no, unknown"):
        consultation.answer("q", "perhaps")
    with pytest.raises(ValueError, match="no symptom 'sloww'"):
        consultation.complain("sloww")
    consultation.complain("check-up")
    assert isinstance(consultation.step(), Run)


def test_a_case_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    picture = Picture(
        "curve", {"en": "loss", "zh": "损失"}, (Series("loss", (0.0, 1.0), (2.0, None)),), marks=((1.0, "NaN"),)
    )
    facts = {
        "flag": Fact(value=True),
        "number": Fact(0.5, (Place("train.py", 3, "loss.backward()", "main"),)),
        "label": Fact("损失"),
        "by_layer": Fact({"0.weight": 1.0}),
    }
    case = (
        Case(Patient("train.py", arguments=("--lr", "1")))
        .complaining_of("slow")
        .with_answer("q", UNSURE)
        .with_evidence(Evidence("p", "measured", 1.5, facts, (picture,)))
        .with_evidence(Evidence("r", "died", why="signal 9"))
        .with_environment({"torch": "2.13"})
    )
    path = tmp_path / "cases" / "case.json"
    save(case, path)
    assert load(path) == case
    assert [found.name for found in path.parent.iterdir()] == ["case.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 0}', '{"schema": 1, "case": {"patient": 3}}', '{"case": {}}'])
def test_what_is_no_case_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"."):
        load(path)
