from __future__ import annotations

import pytest

from nndoctor.evaluating import ScoreSeen
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import scoring_of_outputs
from tests.traces import StillBench, line, looked, loss_call, trained, values

LOGITS = ScoreSeen("half", line(30), (40, 1), -3.0, 4.0, 0.2)


def measured(*scores: ScoreSeen, loss: str = "binary_cross_entropy_with_logits") -> dict[str, object]:
    trace = Trace(passes=[trained(), looked()], losses=[loss_call(0, function=loss)], scores=list(scores))
    return dict(values(scoring_of_outputs.run(StillBench(trace))))


def test_each_doubtful_step_has_its_flag() -> None:
    assert measured(ScoreSeen("table", line(30), (40, 1), 0.0, 1.0, 0.0))["each_meets_each"] is True
    assert measured(ScoreSeen("single", line(30), (40, 1), 0.0, 1.0, 0.0))["best_of_one"] is True
    facts = measured(LOGITS)
    assert (facts["raw_against_half"], facts["judged_otherwise_share"]) == (True, 0.2)


def test_sound_scoring_shows_nothing() -> None:
    assert measured() == {
        "each_meets_each": False,
        "best_of_one": False,
        "raw_against_half": False,
        "judged_otherwise_share": 0.0,
    }


def test_what_lies_between_0_and_1_or_has_no_sigmoid_in_its_loss_may_be_held_against_half() -> None:
    probabilities = ScoreSeen("half", line(30), (40, 1), 0.01, 0.98, 0.4)
    assert measured(probabilities)["raw_against_half"] is False
    assert measured(LOGITS, loss="mse_loss")["raw_against_half"] is False


def test_without_an_evaluation_there_is_nothing_to_score() -> None:
    with pytest.raises(CannotMeasure):
        scoring_of_outputs.run(StillBench(Trace(passes=[trained()])))
