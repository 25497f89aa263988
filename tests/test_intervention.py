"""What a rule's `try` may name."""

from __future__ import annotations

import pytest

from nndoctor.intervention import KINDS, InputsStandardised, LearningRateTimes, NoChange, name_of, written


def test_the_words_of_a_rule_become_an_intervention() -> None:
    assert written({"intervention": "learning_rate_times", "factor": 0.1}) == LearningRateTimes(0.1)
    assert written({"intervention": "inputs_standardised"}) == InputsStandardised()
    assert written({"intervention": "no_change"}) == NoChange()


def test_every_kind_is_found_by_its_name() -> None:
    assert all(KINDS[name_of(kind)] is kind for kind in KINDS.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"intervention": "learning_rate_time", "factor": 1.0}, "did you mean 'learning_rate_times'"),
        ({"intervention": "learning_rate_times", "facter": 1.0}, "did you mean 'factor'"),
        ({"intervention": "learning_rate_times"}, "factor"),
        ({}, "there is no intervention ''"),
    ],
)
def test_what_is_misspelt_is_said(words: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        written(words)
