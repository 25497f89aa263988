"""The questions of the pack that ships: each is put only where it decides something that measuring left open."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nndoctor.case import Case, Evidence, Fact, FactValue, Patient
from nndoctor.engine.diagnose import diagnose
from nndoctor.engine.interview import open_questions
from nndoctor.engine.standing import stand
from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.pack import Rulebook

LEARNT_LITTLE: Mapping[str, FactValue] = {"steps": 400.0, "end_over_blind": 0.5, "is_yardstick": True}


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    return load([builtin()])


def examined(book: Rulebook, complaint: str, **measured: Mapping[str, FactValue]) -> Case:
    """All probes that cost nothing were run; those that are not named measured nothing."""
    case = Case(Patient("train.py")).complaining_of(complaint)
    for probe, card in book.probes.items():
        if probe in measured:
            facts = {name: Fact(value) for name, value in measured[probe].items()}
            case = case.with_evidence(Evidence(probe, "measured", facts=facts))
        elif card.cost == "free":
            case = case.with_evidence(Evidence(probe, "not_measurable"))
    return case


def asked(book: Rulebook, case: Case) -> list[str]:
    return [ask.question.id for ask in open_questions(case, stand(case, book), book)]


def test_where_nothing_could_be_measured_nothing_is_asked(shipped: Rulebook) -> None:
    assert {tuple(asked(shipped, examined(shipped, symptom))) for symptom in shipped.symptoms} == {()}


def test_what_may_be_measured_is_not_asked_before(shipped: Rulebook) -> None:
    for symptom in shipped.symptoms.values():
        first = asked(shipped, Case(Patient("train.py")).complaining_of(symptom.id))
        assert first == [one.id for one in symptom.questions if not one.once_measured]


@pytest.mark.parametrize("seen_as", ["one_of_several", "yes_or_no", "several_at_once", "number", "other"])
def test_a_task_that_shows_itself_is_not_asked_for(shipped: Rulebook, seen_as: str) -> None:
    seen: dict[str, Mapping[str, FactValue]] = {
        "kind_of_task": {"seen_as": seen_as},
        "targets": {"several_classes": False},
        "loss_curve": LEARNT_LITTLE,
    }
    assert asked(shipped, examined(shipped, "plateaus-too-high", **seen)) == []


@pytest.mark.parametrize(
    ("seen_as", "said", "rule"),
    [
        ("class_or_number", "one_of_several", "loss/mse-on-classification"),
        ("class_or_number", "number", ""),
        ("one_or_several", "several_at_once", "loss/multilabel-into-cross-entropy"),
        ("one_or_several", "one_of_several", ""),
    ],
)
def test_a_task_that_is_open_is_asked_for_and_settles_a_rule(
    shipped: Rulebook, seen_as: str, said: str, rule: str
) -> None:
    seen = {"kind_of_task": {"seen_as": seen_as}, "loss_curve": LEARNT_LITTLE}
    case = examined(shipped, "plateaus-too-high", **seen)
    assert asked(shipped, case) == ["kind_of_task"]
    told = case.with_answer("kind_of_task", said)
    assert asked(shipped, told) == []
    confirmed = [one.rule for one in diagnose(told, shipped).findings if one.status == "confirmed"]
    assert confirmed == [rule] * bool(rule)


def test_a_learnt_task_is_not_asked_for(shipped: Rulebook) -> None:
    learnt = {**LEARNT_LITTLE, "end_over_blind": 0.02}
    case = examined(shipped, "plateaus-too-high", kind_of_task={"seen_as": "class_or_number"}, loss_curve=learnt)
    assert asked(shipped, case) == []


def test_a_machine_without_a_gpu_is_no_suspect_of_a_run_that_hangs(shipped: Rulebook) -> None:
    seen: dict[str, Mapping[str, FactValue]] = {
        "devices": {"torch_sees_gpu": False, "hidden_gpus": 0.0, "cuda_build": False},
        "outcome": {"crash": "none", "ended": "hung"},
    }
    assert diagnose(examined(shipped, "training-hangs", **seen), shipped).findings == ()
    unseen = examined(shipped, "gpu-not-used", **seen)
    assert asked(shipped, unseen) == ["nvidia_smi_lists_gpu"]
    told = diagnose(unseen.with_answer("nvidia_smi_lists_gpu", "yes"), shipped).findings
    assert [(one.rule, one.status) for one in told] == [("environment/gpu-not-visible", "confirmed")]


@pytest.mark.parametrize(("share", "answers"), [(0.7, ["one_sample_fits"]), (0.2, []), (0.95, [])])
def test_one_sample_parts_weights_from_activations_only_where_they_are_alike(
    shipped: Rulebook, share: float, answers: list[str]
) -> None:
    out: dict[str, FactValue] = {
        "states_share": share,
        "steps_before": 0.0,
        "graphs_waiting": 1.0,
        "foreign_share": 0.0,
        "unallocated_of_reserved": 0.0,
        "models_alike": 1.0,
    }
    ended: dict[str, FactValue] = {"crash": "cuda_memory", "phase": "forward"}
    case = examined(shipped, "cuda-out-of-memory", outcome=ended, out_of_memory=out)
    assert asked(shipped, case) == answers
    if answers:
        for said, rule in (("yes", "memory/batch-or-sequence-too-large"), ("no", "memory/model-states-too-large")):
            told = diagnose(case.with_answer(answers[0], said), shipped).findings
            assert [one.rule for one in told] == [rule]
