"""Tests of the kinds of errors."""

from __future__ import annotations

import pytest

from nndoctor.trace import Crash, Trace
from probes import outcome
from tests.traces import StillBench, line, values


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "weight tensor should be defined either for all 5 classes or no classes but got weight tensor",
            "class_weights",
        ),
        ("Attempting to unscale FP16 gradients.", "scaler"),
        ("unscale_() has already been called on this optimizer since the last update().", "scaler"),
        ("unscale_() is being called after step().", "scaler"),
        ("step() has already been called since the last update().", "scaler"),
        ("No inf checks were recorded for this optimizer.", "scaler"),
        ("mat1 and mat2 must have the same dtype, but got Half and Float", "dtype"),
    ],
)
def test_an_error_is_known_by_the_words_of_torch(message: str, kind: str) -> None:
    crash = Crash("RuntimeError", message, "step", line(8), (line(8),))
    assert values(outcome.run(StillBench(Trace(crash=crash))))["crash"] == kind
