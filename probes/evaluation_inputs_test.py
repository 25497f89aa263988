"""Tests of the inputs of evaluations against those of training."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import evaluation_inputs
from tests.traces import StillBench, batch, iterations, line, looked, loss_call, tensor, trained, values


def test_the_means_and_spreads_are_held_against_those_of_training() -> None:
    own, shown = (
        tensor((100, 2), name, channel_mean=(mean, mean), channel_std=(std, std))
        for name, mean, std in (("t", 0.0, 2.0), ("v", 5.0, 0.5))
    )
    look = batch(50, "v", evaluating=True, training=False, loader=1, inputs=(shown,))
    trace = Trace(batches=[batch(0, "t", inputs=(own,)), look], passes=[trained(), looked(loss=1.0)])
    facts = evaluation_inputs.run(StillBench(trace))
    assert values(facts) == {"shift": 2.5, "spread_ratio": 4.0, "colours_reversed": False, "colours_doubtful": False}
    assert facts.values["shift"].where == (line(20),)


def test_nothing_is_told_without_an_evaluation() -> None:
    with pytest.raises(CannotMeasure):
        evaluation_inputs.run(StillBench(Trace()))


@pytest.mark.parametrize(("loss", "said"), [(8.0, True), (1.1, False)])
def test_images_that_look_alike_and_are_judged_much_worse_may_have_their_colours_reversed(
    loss: float, *, said: bool
) -> None:
    means, stds = (0.4, 0.45, 0.5), (0.2, 0.2, 0.2)
    own, shown = (tensor((100, 3, 8, 8), n, channel_mean=means, channel_std=stds) for n in "tv")
    look = batch(50, "v", evaluating=True, training=False, loader=1, inputs=(shown,))
    trace = Trace(
        batches=[batch(0, "t", inputs=(own,)), look],
        passes=[trained(), looked(loss=loss)],
        losses=[loss_call(n, value=1.0) for n in range(50)],
        iterations=iterations([1.0] * 50),
    )
    assert values(evaluation_inputs.run(StillBench(trace)))["colours_doubtful"] is said
