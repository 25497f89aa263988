"""What a rule's `try` may name."""

from __future__ import annotations

import pytest

from nndoctor.intervention import (
    KINDS,
    InputsStandardised,
    LearningRateTimes,
    NoChange,
    WeightsReinitialised,
    check,
    facts_of,
    resolved,
    written,
)
from nndoctor.naming import name_of

MEASURED: dict[str, object] = {"intervention": "learning_rate_times", "factor": {"fact": "lower_learning_rate.factor"}}


def test_the_words_of_a_rule_become_an_intervention() -> None:
    assert written({"intervention": "learning_rate_times", "factor": 0.1}) == LearningRateTimes(0.1)
    assert written({"intervention": "inputs_standardised"}) == InputsStandardised()
    assert written({"intervention": "no_change"}) == NoChange()
    assert written({"intervention": "weights_reinitialised", "scheme": "xavier"}) == WeightsReinitialised("xavier")


def test_every_kind_is_found_by_its_name() -> None:
    assert all(KINDS[name_of(kind)] is kind for kind in KINDS.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"intervention": "learning_rate_time", "factor": 1.0}, "did you mean 'learning_rate_times'"),
        ({"intervention": "learning_rate_times", "facter": 1.0}, "did you mean 'factor'"),
        ({"intervention": "learning_rate_times"}, "learning_rate_times needs 'factor'"),
        ({"intervention": "learning_rate_times", "factor": "high"}, "factor can't be 'high'"),
        ({"intervention": "learning_rate_times", "factor": True}, "factor can't be True"),
        (
            {"intervention": "weights_reinitialised", "scheme": "he"},
            "scheme can't be 'he': it is one of kaiming, xavier",
        ),
        ({"intervention": "activations_replaced", "restarted": 1}, "restarted can't be 1"),
        ({}, "there is no intervention ''"),
    ],
)
def test_what_is_misspelt_is_said(words: dict[str, object], said: str) -> None:
    for refuse in (written, check):
        with pytest.raises(ValueError, match=said):
            refuse(words)


def test_a_field_may_come_from_a_fact() -> None:
    check(MEASURED)
    assert facts_of(MEASURED) == ("lower_learning_rate.factor",)
    words = resolved(MEASURED, {"lower_learning_rate.factor": 0.01})
    assert words is not None
    assert written(words) == LearningRateTimes(0.01)


def test_without_that_fact_nothing_can_be_tried() -> None:
    assert resolved(MEASURED, {"lower_learning_rate.gain": 0.3}) is None
    assert resolved({"intervention": "no_change"}, {}) == {"intervention": "no_change"}
