"""Tests of the shares of a GPU's memory, on records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.burden import Burden, GpuMemory
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import gpu_memory
from tests.traces import StillBench, values

GIB = 1 << 30
FULL = GpuMemory(
    total=16 * GIB, allocated=8 * GIB, peak=12 * GIB, reserved=10 * GIB, fragments=2 * GIB, retries=3, failures=1
)


def measured(gpu: GpuMemory | None) -> dict[str, object]:
    return dict(values(gpu_memory.run(StillBench(Trace(burden=Burden(gpu=gpu))))))


def test_counts_become_shares() -> None:
    assert measured(FULL) == {
        "allocated_share": 0.5,
        "peak_share": 0.75,
        "reserved_share": 0.625,
        "fragments_of_reserved": pytest.approx(0.2),
        "retries": 3.0,
        "failures": 1.0,
        "at_start_share": 0.0,
    }


def test_others_are_told_where_the_driver_tells_them_apart() -> None:
    assert measured(replace(FULL, others=4 * GIB))["others_share"] == 0.25
    assert measured(replace(FULL, others=0))["others_share"] == 0.0
    assert "others_share" not in measured(FULL)


def test_what_was_there_before() -> None:
    assert measured(replace(FULL, at_start=4 * GIB))["at_start_share"] == 0.25


def test_a_gpu_that_holds_nothing_is_not_in_pieces() -> None:
    empty = GpuMemory(total=GIB, allocated=0, peak=0, reserved=0, fragments=0, retries=0, failures=0)
    assert measured(empty)["fragments_of_reserved"] == 0.0


def test_without_a_gpu_there_is_nothing_to_tell() -> None:
    for trace in (Trace(), Trace(burden=Burden())):
        with pytest.raises(CannotMeasure):
            gpu_memory.run(StillBench(trace))
