from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from nndoctor.intervention import Intervention, OtherSeed
from nndoctor.probe import CannotMeasure
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import RunEnded, Steered, Trace
from nndoctor.unregularised import RegularisationOff
from probes import weaker_regularisation
from tests.traces import StillBench, iterations, looked, model, trained, values

STAYS = [1.0 - 0.0005 * n for n in range(200)]
FALLS = [0.98**n for n in range(200)]


def trace(losses: list[float], validation: float | None, *, decay: float = 0.1, dropout: float = 0.0) -> Trace:
    passes = [
        one
        for n in range(0, 200, 50)
        for one in (trained(iteration=n), looked(iteration=n + 50, loss=validation, samples=100))
    ]
    groups = (GroupSeen(1e-3, decay, 0.0, ("0:0.weight",)),)
    seen = model("Dropout" if dropout else "ReLU")
    if dropout:
        seen = replace(seen, modules=(replace(seen.modules[0], settings={"p": dropout}),))
    return Trace(
        passes=passes,
        iterations=iterations(losses),
        optimizers={0: OptimizerSeen(0, "Adam", None, groups, 0, 0)},
        models={0: seen},
        ended=RunEnded("finished", 0, 2.0),
    )


@dataclass
class Bench(StillBench):
    reruns: Mapping[str, Trace]

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        if isinstance(intervention, OtherSeed):
            return self.trace
        assert isinstance(intervention, RegularisationOff)
        return self.reruns[intervention.of]

    def seconds_left(self) -> float:
        return 1e6


def measured(watched: Trace, **reruns: Trace) -> dict[str, object]:
    return dict(values(weaker_regularisation.run(Bench(watched, reruns))))


def test_what_is_too_strong_is_named_with_its_gain() -> None:
    facts = measured(trace(STAYS, 0.9), weight_decay=trace(FALLS, 0.3))
    assert facts["of"] == "weight_decay"
    assert facts["fall_share"] < 0.15  # type: ignore[operator]
    assert facts["loss_over_as_is"] < 0.1  # type: ignore[operator]
    assert facts["gain_over_noise"] > 5  # type: ignore[operator]
    assert facts["validation_over_as_is"] == pytest.approx(1 / 3)


def test_the_better_of_two_is_told() -> None:
    watched = trace(STAYS, 0.9, dropout=0.9)
    facts = measured(watched, weight_decay=trace(STAYS, 0.9), dropout=trace(FALLS, 0.4))
    assert facts["of"] == "dropout"


def test_regularisation_that_serves_the_validation_shows_as_such() -> None:
    facts = measured(trace(STAYS, 0.9), weight_decay=trace(FALLS, 1.8))
    assert facts["validation_over_as_is"] == pytest.approx(2.0)


def test_without_a_validation_nothing_is_said_of_it() -> None:
    assert "validation_over_as_is" not in measured(trace(STAYS, None), weight_decay=trace(FALLS, None))


def test_a_script_without_any_is_not_run_again() -> None:
    with pytest.raises(CannotMeasure):
        measured(trace(STAYS, 0.9, decay=0.0))


def test_a_change_that_could_not_be_made_is_no_experiment() -> None:
    refused = trace(STAYS, 0.9)
    refused.steered = Steered(0, "there was no dropout")
    with pytest.raises(CannotMeasure):
        measured(trace(STAYS, 0.9), weight_decay=refused)
