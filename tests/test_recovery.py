"""What is cured, left and new when a patient is examined again."""

from __future__ import annotations

from nndoctor.case import Case, Evidence, Fact, FactValue, Patient
from nndoctor.engine.recovery import recovery
from nndoctor.report.course import course
from tests.told import rulebook

SOFTMAX, LEAK, SYMPTOM = "loss/softmax-before-cross-entropy", "memory/leak", "learns-too-slowly"


def case(**facts: FactValue) -> Case:
    """`loss_graph__softmax=True` is the fact loss_graph.softmax."""
    made = Case(Patient("train.py"))
    for name, value in facts.items():
        probe, _, short = name.partition("__")
        made = made.with_evidence(Evidence(probe, "measured", facts={short: Fact(value)}))
    return made


SICK = case(loss_graph__softmax=True, memory__growth=0.0)
HEALTHY = case(loss_graph__softmax=False, memory__growth=0.0)
LEAKING = case(loss_graph__softmax=False, memory__growth=0.5)


def test_what_is_ruled_out_now_is_cured_and_its_symptom_gone() -> None:
    found = recovery(SICK, HEALTHY, rulebook())
    assert (found.course, found.cured, found.symptoms_gone) == ("cured", (SOFTMAX,), (SYMPTOM,))
    assert not found.left + found.unclear + found.new + found.symptoms_left


def test_what_is_confirmed_again_is_left() -> None:
    found = recovery(SICK, SICK, rulebook())
    assert (found.course, found.left, found.symptoms_left) == ("unchanged", (SOFTMAX,), (SYMPTOM,))


def test_a_new_disease_for_an_old_one_is_no_cure() -> None:
    found = recovery(SICK, LEAKING, rulebook())
    assert (found.course, found.cured, found.new) == ("improved", (SOFTMAX,), (LEAK,))
    assert recovery(HEALTHY, LEAKING, rulebook()).course == "worse"


def test_what_can_no_longer_be_seen_is_not_cured() -> None:
    found = recovery(SICK, case(memory__growth=0.0), rulebook())
    assert (found.course, found.unclear) == ("undetermined", (SOFTMAX,))


def test_a_cause_that_stays_open_is_cured_if_its_symptoms_are_seen_to_be_gone() -> None:
    vanishing = case(loss_graph__softmax=True, gradients__ratio_by_layer={"a": 1e-9})
    assert recovery(vanishing, case(loss_graph__softmax=False), rulebook()).course == "cured"
    assert recovery(vanishing, case(memory__growth=0.0), rulebook()).course == "undetermined"


def test_who_was_healthy_stays_healthy() -> None:
    assert recovery(HEALTHY, HEALTHY, rulebook()).course == "healthy"


def test_the_course_is_told_in_both_languages() -> None:
    told = course(recovery(SICK, LEAKING, rulebook()), rulebook(), "en").splitlines()
    assert told[0] == "Improved, not cured"
    assert told[1:3] == [f"   cured: Softmax before cross-entropy ({SOFTMAX})", f"   new: Memory grows ({LEAK})"]
    assert "已治愈：" in course(recovery(SICK, HEALTHY, rulebook()), rulebook(), "zh")
