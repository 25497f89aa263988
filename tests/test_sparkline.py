"""The small pictures of curves beside the symptoms."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from nndoctor.commands.symptoms import symptoms
from nndoctor.report.sparkline import sparkline
from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.symptom import Symptom

WRITTEN = {"id": "s", "title": {"en": "t", "zh": "t"}, "words": {"en": "w", "zh": "w"}, "order": 1}


def test_heights_go_from_the_lowest_block_to_the_highest_and_gaps_are_marked() -> None:
    assert sparkline([0, 0.2, 0.5, 1, None]) == "▁▂▅█✗"
    assert sparkline([]) == ""


@pytest.mark.parametrize("curve", [[0.1] * 3, [0.1] * 9, [0.1, 0.2, 0.3, 1.1], [0.1, 0.2, 0.3, -0.1], ["a"] * 4, 0.5])
def test_a_curve_that_could_not_be_drawn_is_refused(curve: object) -> None:
    assert Symptom.model_validate({**WRITTEN, "curve": [0, 0.5, None, 1]}).curve == (0, 0.5, None, 1)
    with pytest.raises(ValidationError):
        Symptom.model_validate({**WRITTEN, "curve": curve})


def test_every_symptom_of_the_loss_shows_its_curve_and_no_two_show_the_same() -> None:
    shipped = load([builtin()]).symptoms.values()
    drawn = [sparkline(symptom.curve) for symptom in shipped if symptom.curve]
    assert all(symptom.curve for symptom in shipped if symptom.of_the_loss)
    printed = CliRunner().invoke(symptoms, []).output
    assert all(curve in printed for curve in drawn)
    of_the_loss = [sparkline(symptom.curve) for symptom in shipped if symptom.of_the_loss]
    assert len(set(of_the_loss)) == len(of_the_loss)
