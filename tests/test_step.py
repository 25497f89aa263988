from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndoctor.case import UNSURE, Case, Change, Evidence, Fact, Outcome, Patient, TrialRun
from nndoctor.engine.interview import Ask
from nndoctor.engine.plan import Run
from nndoctor.engine.standing import CHECK_UP
from nndoctor.engine.step import Conclude, next_step, steps_ahead
from nndoctor.engine.treatment import DEPTH, Treat
from nndoctor.probe import Cost
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom
from nndoctor.visit import ARMS
from tests.packs import book, rule, symptom

CASE = Case(Patient("train.py"))


def flag(fact: str, *, is_: bool = True) -> dict[str, object]:
    return {"fact": fact, "is": is_}


def said(question: str) -> dict[str, object]:
    return {"fact": f"answer.{question}", "is": "yes"}


def measured(probe: str, **flags: bool) -> Evidence:
    return Evidence(probe, "measured", facts={name: Fact(value) for name, value in flags.items()})


# the questions


def test_questions_of_the_complaint_come_before_the_probes() -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q")])
    step = next_step(CASE.complaining_of("slow"), knowledge)
    assert isinstance(step, Ask)
    assert (step.question.id, step.symptom) == ("q", "slow")


def test_a_question_of_another_symptom_is_not_asked() -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q"), symptom("stuck")])
    assert next_step(CASE.complaining_of("stuck"), knowledge) == Run("p", 1)


def test_a_question_whose_answer_nothing_waits_for_is_not_asked() -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q", "idle")])
    case = CASE.complaining_of("slow").with_evidence(measured("p", x=False))
    assert isinstance(next_step(case, knowledge), Conclude)


def test_a_recogniser_may_wait_for_an_answer() -> None:
    knowledge = book([], [symptom("slow", "q"), symptom("stuck", recognised_when=said("q"))])
    assert isinstance(next_step(CASE.complaining_of("slow"), knowledge), Ask)


@pytest.mark.parametrize("answer", ["yes", "no", UNSURE])
def test_an_answered_question_is_not_asked_again(answer: str) -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    case = CASE.complaining_of("slow").with_answer("q", answer)
    assert isinstance(next_step(case, book(rules, [symptom("slow", "q")])), Run)


@pytest.mark.parametrize("complaints", [(), (CHECK_UP,), (CHECK_UP, "slow")])
def test_a_check_up_asks_nothing(complaints: tuple[str, ...]) -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q")])
    assert isinstance(next_step(CASE.complaining_of(*complaints), knowledge), Run)


def test_a_question_that_two_complaints_share_is_asked_once() -> None:
    rules = [rule("a/x", {"any": [said("q"), said("r")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q", "r"), symptom("stuck", "q", order=2)])
    case = CASE.complaining_of("stuck", "slow")
    step = next_step(case, knowledge)
    assert isinstance(step, Ask)
    assert (step.question.id, step.symptom) == ("q", "stuck")
    assert steps_ahead(case, knowledge) == 2


def test_a_question_that_measuring_may_answer_waits_for_all_that_costs_nothing() -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), flag("r.x"), said("q")]}, "slow")]
    knowledge = book(rules, [symptom("slow", "q", once_measured=True)], {"r": "seconds"})
    case = CASE.complaining_of("slow")
    assert next_step(case, knowledge) == Run("p", 1)
    assert isinstance(next_step(case.with_evidence(measured("p", x=False)), knowledge), Conclude)
    # before any experiment: the answer may spare it
    still_open = case.with_evidence(measured("p", x=True))
    assert isinstance(next_step(still_open, knowledge), Ask)
    assert isinstance(next_step(still_open.with_answer("q", "no"), knowledge), Conclude)
    assert next_step(still_open.with_answer("q", "yes"), knowledge) == Run("r", 1)


def test_a_question_is_not_asked_where_what_else_it_takes_can_not_be_had() -> None:
    rules = [rule("a/x", {"all": [flag("p.x"), said("q")]}, "slow")]
    case = CASE.complaining_of("slow").with_evidence(Evidence("p", "not_measurable"))
    assert isinstance(next_step(case, book(rules, [symptom("slow", "q")])), Conclude)
    either = [rule("a/x", {"any": [flag("p.x"), said("q")]}, "slow")]
    assert isinstance(next_step(case, book(either, [symptom("slow", "q")])), Ask)


# the probes


def test_free_probes_are_all_run_the_most_settling_first() -> None:
    rules = [rule("a/x", flag("p.x"), "slow"), rule("a/y", flag("r.x"), "slow"), rule("a/z", flag("r.y"), "slow")]
    rules.append(rule("a/w", flag("a.x"), "slow"))
    knowledge = book(rules, [symptom("slow")])
    order, case = [], CASE
    while isinstance(step := next_step(case, knowledge), Run):
        order.append(step)
        case = case.with_evidence(Evidence(step.probe_id, "not_measurable"))
    assert order == [Run("r", 2), Run("a", 1), Run("p", 1)]


def test_a_costly_probe_waits_for_a_symptom_that_counts() -> None:
    rules = [rule("a/x", flag("slow_probe.x"), "a/y"), rule("a/y", flag("free.x"), "slow")]
    rules.append(rule("a/z", flag("slow_probe.x"), "stuck"))  # of no concern here, and not counted as settled
    symptoms = [symptom("slow", recognised_when=flag("free.seen")), symptom("stuck")]
    knowledge = book(rules, symptoms, {"slow_probe": "seconds"})
    unseen = CASE.with_evidence(measured("free", x=False, seen=False))
    seen = CASE.with_evidence(measured("free", x=False, seen=True))
    assert isinstance(next_step(unseen, knowledge), Conclude)
    assert next_step(unseen.complaining_of("slow"), knowledge) == Run("slow_probe", 1)
    assert next_step(seen, knowledge) == Run("slow_probe", 1)


def test_a_costly_probe_is_not_run_for_a_rule_that_is_decided_already() -> None:
    rules = [rule("a/x", {"all": [flag("free.x"), flag("slow_probe.x")]}, "slow")]
    knowledge = book(rules, [symptom("slow")], {"slow_probe": "minutes"})
    case = CASE.complaining_of("slow")
    assert next_step(case, knowledge) == Run("free", 1)
    assert isinstance(next_step(case.with_evidence(measured("free", x=False)), knowledge), Conclude)
    assert next_step(case.with_evidence(measured("free", x=True)), knowledge) == Run("slow_probe", 1)


def test_no_experiment_is_made_for_what_a_confirmed_cause_explains() -> None:
    rules = [
        rule("a/x", flag("free.x"), "slow"),
        rule("a/y", flag("slow_probe.y"), "slow"),
        rule("a/z", flag("other_probe.z"), "a/x"),
    ]
    knowledge = book(rules, [symptom("slow")], {"slow_probe": "minutes", "other_probe": "minutes"})
    case = CASE.complaining_of("slow")
    unknown = case.with_evidence(measured("free", x=False)).with_evidence(measured("other_probe", z=False))
    assert next_step(unknown, knowledge) == Run("slow_probe", 1)
    # a/x explains the complaint, but may itself be the echo of a/z
    assert next_step(case.with_evidence(measured("free", x=True)), knowledge) == Run("other_probe", 1)


def test_the_cheaper_probe_goes_first_even_if_it_settles_less() -> None:
    rules = [
        rule("a/x", flag("long.x"), "slow"),
        rule("a/y", flag("long.y"), "slow"),
        rule("a/z", flag("short.x"), "slow"),
    ]
    knowledge = book(rules, [symptom("slow")], {"long": "minutes", "short": "seconds"})
    assert next_step(CASE.complaining_of("slow"), knowledge) == Run("short", 1)


@pytest.mark.parametrize("outcome", ["not_measurable", "crashed", "timed_out", "died", "cancelled"])
def test_a_probe_that_failed_is_not_run_again(outcome: Outcome) -> None:
    knowledge = book([rule("a/x", flag("p.x"), "slow")], [symptom("slow")], {"p": "seconds"})
    case = CASE.complaining_of("slow").with_evidence(Evidence("p", outcome))
    assert isinstance(next_step(case, knowledge), Conclude)


# the whole

PROBES = ("p", "q", "r")
QUESTIONS = ("one", "two")
SYMPTOMS = ("slow", "stuck")
RULES = ("a/a", "a/b", "b/c", "b/d")

leaves = st.one_of(
    st.builds(lambda probe, name: flag(f"{probe}.{name}"), st.sampled_from(PROBES), st.sampled_from("xy")),
    st.sampled_from(QUESTIONS).map(said),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=4,
)


@st.composite
def rulebooks(draw: st.DrawFn) -> Rulebook:
    """Any rulebook, loops of causes included."""
    effects = st.lists(st.sampled_from((*RULES, *SYMPTOMS)), min_size=1, max_size=3, unique=True)
    treatments: st.SearchStrategy[Change | None] = st.none() | st.just(
        {"intervention": "learning_rate_times", "factor": 0.1}
    )
    rules: list[Rule] = [
        rule(id_, draw(conditions), *draw(effects), treatment=draw(treatments))
        for id_ in RULES[: draw(st.integers(0, 4))]
    ]
    symptoms: list[Symptom] = [
        symptom(
            id_,
            *draw(st.lists(st.sampled_from(QUESTIONS), unique=True)),
            recognised_when=draw(st.none() | conditions),
            of_the_loss=draw(st.booleans()),
            once_measured=draw(st.booleans()),
        )
        for id_ in SYMPTOMS
    ]
    costs: Mapping[str, Cost] = {probe: draw(st.sampled_from(("free", "seconds", "minutes"))) for probe in PROBES}
    return book(rules, symptoms, costs)


def outcome_of(run: Run, knowledge: Rulebook, data: st.DataObject) -> Evidence:
    outcome: Outcome = data.draw(
        st.sampled_from(("measured", "measured", "not_measurable", "crashed", "timed_out", "died"))
    )
    if outcome != "measured":
        return Evidence(run.probe_id, outcome)
    names = data.draw(st.sets(st.sampled_from(sorted(knowledge.probes[run.probe_id].facts))))
    values = st.one_of(st.booleans(), st.just("of a wrong kind"))
    facts = {name: Fact(data.draw(values)) for name in sorted(names)}
    return Evidence(run.probe_id, outcome, facts=MappingProxyType(facts))


def run_of(treat: Treat, knowledge: Rulebook, data: st.DataObject) -> TrialRun:
    outcome: Outcome = data.draw(st.sampled_from(("measured", "measured", "timed_out")))
    probes = [Run(probe, 0) for probe, card in knowledge.probes.items() if card.cost == "free"]
    found = {run.probe_id: outcome_of(run, knowledge, data) for run in probes}
    losses = st.none() | st.sampled_from((0.1, 1.0, 2.0))
    return TrialRun(
        outcome,
        treat.changes,
        evidence=MappingProxyType(found),
        loss=data.draw(losses),
        loss_as_is=data.draw(losses),
        why=data.draw(st.sampled_from(("", "", "not met"))),
    )


@given(rulebooks(), st.lists(st.sampled_from((*SYMPTOMS, CHECK_UP, "forgotten")), unique=True), st.data())
def test_next_step_ends_for_every_rulebook_and_every_sequence_of_answers(
    knowledge: Rulebook, complaints: list[str], data: st.DataObject
) -> None:
    case = CASE.complaining_of(*complaints)
    steps_at_most = len(QUESTIONS) + len(knowledge.probes) + ARMS * DEPTH * len(knowledge.rules)
    for _ in range(steps_at_most):
        match step := next_step(case, knowledge):
            case Ask():
                assert step.question.id not in case.answers
                case = case.with_answer(step.question.id, data.draw(st.sampled_from(("yes", "no", UNSURE))))
            case Run():
                assert step.probe_id not in case.evidence
                case = case.with_evidence(outcome_of(step, knowledge, data))
            case Treat():
                assert step.rule not in case.trials or step.arm not in case.trials[step.rule].runs
                case = case.with_trial_run(step.rule, step.arm, run_of(step, knowledge, data))
            case Conclude():
                break
            case _:
                assert_never(step)
    end = next_step(case, knowledge)
    assert isinstance(end, Conclude)
    diagnosis = end.diagnosis
    told = [finding.rule for finding in diagnosis.findings]
    told += [*diagnosis.ruled_out, *(left.rule for left in diagnosis.not_examined)]
    assert sorted(told) == sorted([*knowledge.rules, *(f.rule for f in diagnosis.findings if f.behind)])
    assert [finding.rank for finding in diagnosis.findings] == list(range(1, len(diagnosis.findings) + 1))


@given(rulebooks(), st.sampled_from(SYMPTOMS))
def test_the_same_case_always_gets_the_same_step(knowledge: Rulebook, complaint: str) -> None:
    case = CASE.complaining_of(complaint)
    assert next_step(case, knowledge) == next_step(case, knowledge)


def test_a_check_up_makes_the_experiment_that_alone_is_missing_from_a_proof() -> None:
    gated = rule("a/x", {"all": [flag("free.x"), flag("slow_probe.x")]}, "slow")
    knowledge = book([gated], [symptom("slow")], {"slow_probe": "seconds"})
    harmed = CASE.with_evidence(measured("free", x=True))
    assert next_step(harmed, knowledge) == Run("slow_probe", 1)
    assert isinstance(next_step(CASE.with_evidence(measured("free", x=False)), knowledge), Conclude)
    assert isinstance(next_step(harmed.complaining_of("other"), knowledge), Conclude)
