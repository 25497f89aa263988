from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import RunStarted, Trace
from probes import devices
from tests.traces import StillBench, values


@pytest.mark.parametrize(
    ("environment", "hidden"),
    [
        ({"device": "cpu", "cuda": "", "gpus": "0"}, 0),
        ({"device": "cpu", "cuda": "", "gpus": "2"}, 2),
        ({"device": "cpu", "cuda": "12.6", "gpus": "1", "visible": "7"}, 1),
        ({"device": "cpu", "cuda": "12.6", "gpus": "1", "visible": "-1"}, 0),
        ({"device": "cpu", "cuda": "12.6", "gpus": "1", "visible": ""}, 0),
        ({"device": "NVIDIA H100", "cuda": "12.6", "gpus": "4"}, 0),
    ],
)
def test_gpus_that_torch_does_not_see(environment: dict[str, str], hidden: int) -> None:
    assert values(devices.run(StillBench(Trace(RunStarted(environment)))))["hidden_gpus"] == hidden


def test_what_was_not_counted_is_not_told() -> None:
    facts = values(devices.run(StillBench(Trace(RunStarted({"device": "cpu", "cuda": "12.6"})))))
    assert facts == {"cuda_build": True, "torch_sees_gpu": False}


def test_without_an_environment_it_can_not_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        devices.run(StillBench(Trace()))
