"""Gradients that are gathered for a step: how many, whether each was divided, and the mean in place of the sum."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.accumulated import goes_backward_whole, passes_per_step
from nndoctor.curve import main_curve
from nndoctor.trace import BackwardSite, StepTotals, Trace
from tests.test_steering import Treat, treat
from tests.traces import iterations, line, loss_call

__all__ = ["treat"]  # the fixture

GATHERING = """
torch.manual_seed(0)
model, x, y = nn.Linear(3, 1), torch.randn(48, 3), torch.randn(48, 1)
optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
for n in range(12):
    part = slice(4 * n, 4 * n + 4)
    loss = F.mse_loss(model(x[part]), y[part])
    loss.backward()
    if n % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
"""
MEAN = {"intervention": "loss_averaged", "passes": 4.0}


STEP = "        optimizer.step()"


class TestLossAveraged:
    def test_it_is_as_if_each_loss_were_divided(self, treat: Treat) -> None:
        program = GATHERING + "say(*model.weight[0].tolist())"
        told, divided = treat(program, MEAN), treat(program.replace("loss.backward()", "(loss / 4).backward()"))
        assert told.said[0] == pytest.approx(divided.said[0])
        assert told.losses == pytest.approx([4 * (loss or 0) for loss in divided.losses])
        assert told.applied == 12

    def test_a_clipping_sees_the_mean(self, treat: Treat) -> None:
        norm = "        say(nn.utils.clip_grad_norm_(model.parameters(), 9.0).item())\n"
        added, mean = treat(GATHERING.replace(STEP, norm + STEP)), treat(GATHERING.replace(STEP, norm + STEP), MEAN)
        assert added.said[0][0] == pytest.approx(4 * mean.said[0][0])  # type: ignore[operator]

    def test_gradients_that_the_script_divides_itself_are_left_alone(self, treat: Treat) -> None:
        dividing = "        for p in model.parameters(): p.grad /= 4\n"
        told = treat(GATHERING.replace(STEP, dividing + STEP), MEAN)
        assert (told.applied, told.why) == (0, "the script divides its gradients itself")


def gathered(tokens: str, **changes: object) -> Trace:
    rows = iterations([2.0 - 0.01 * n for n in range(40)])
    totals = StepTotals(0, 10, 0, 0, 0, 40, schedule_before_step=False, tokens=tokens)
    return replace(Trace(iterations=rows, totals={0: totals}, sites={0: BackwardSite(0, line(9))}), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tokens", "passes"),
    [
        ("FBFBFBFBSZ" * 9, 4),
        ("ZFBFBFBFBS" * 9, 4),
        ("ZFBS" * 9, 1),
        ("FBS" * 9, 1),  # never cleaned: another illness
        ("ZFBZFBZFBS" * 9, 1),  # a closure that cleans, or cleaning where it should not be
    ],
)
def test_passes_are_counted_from_the_last_cleaning_or_step(tokens: str, passes: int) -> None:
    trace = gathered(tokens)
    curve = main_curve(trace)
    assert curve is not None
    assert passes_per_step(trace, curve) == passes


def test_two_terms_that_go_backward_on_their_own_lines_are_no_accumulation() -> None:
    trace = gathered("ZFBFBS" * 9)
    rows = [replace(row, curve=row.index % 2) for row in trace.iterations]
    two = replace(trace, iterations=rows, sites={0: BackwardSite(0, line(9)), 1: BackwardSite(1, line(10))})
    curve = main_curve(two)
    assert curve is not None
    assert passes_per_step(two, curve) == 1


@pytest.mark.parametrize(("part", "whole"), [(1.0, True), (0.25, False), (None, None)])
def test_the_loss_function_s_value_tells_whether_it_was_divided(part: float | None, whole: bool | None) -> None:
    trace = gathered("FBFBFBFBSZ" * 9)
    calls = [
        loss_call(iteration=row.index, value=(row.loss or 0) / part if part else (row.loss or 0) + row.index)
        for row in trace.iterations
    ]
    curve = main_curve(trace)
    assert curve is not None
    assert goes_backward_whole(replace(trace, losses=calls), curve) is whole
