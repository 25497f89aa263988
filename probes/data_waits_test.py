from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.burden import Burden, LoaderWaits, WaitWindow
from nndoctor.case import FactValue
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import data_waits
from tests.traces import StillBench, line, loader, looked, model, trained, values

SLOW = WaitWindow(draws=10, samples=320, waited=0.64, busy=0.16)
QUICK = WaitWindow(draws=10, samples=320, waited=0.02, busy=0.18)


def waited(*windows: WaitWindow, of: int = 0) -> LoaderWaits:
    return LoaderWaits(of, windows)


def measured(*waits: LoaderWaits, device: str = "cpu") -> dict[str, FactValue]:
    known = model("Linear")
    known = replace(known, parameters=tuple(replace(parameter, device=device) for parameter in known.parameters))
    trace = Trace(
        models={0: known},
        loaders={0: loader(0, place=line(9)), 1: loader(1, workers=2)},
        passes=[trained(loader=0), looked(loader=1)],
        burden=Burden(waits),
    )
    return dict(values(data_waits.run(StillBench(trace))))


def test_a_loop_that_waits_all_the_time() -> None:
    facts = measured(waited(SLOW, SLOW, SLOW, SLOW))
    assert facts["share"] == pytest.approx(0.8)
    assert facts["seconds_a_sample"] == pytest.approx(0.002)
    assert (facts["batches"], facts["workers"], facts["idle_share"]) == (40, 0, 1.0)


def test_a_busy_machine_makes_no_sample_slow() -> None:
    stretched = replace(SLOW, stretched=10.0)
    assert measured(waited(stretched))["seconds_a_sample"] == pytest.approx(0.0002)


def test_batches_that_are_no_tensors_are_as_large_as_the_loader_says() -> None:
    unknown = replace(SLOW, samples=10)  # the loader says 20 a batch
    assert measured(waited(unknown))["seconds_a_sample"] == pytest.approx(0.64 / 200)


def test_the_best_quarter_counts() -> None:
    facts = measured(waited(SLOW, SLOW, QUICK, SLOW))
    assert facts["share"] == pytest.approx(0.1)
    assert facts["seconds_a_sample"] == pytest.approx(0.02 / 320)


def test_an_evaluation_may_wait() -> None:
    assert measured(waited(QUICK), waited(SLOW, of=1))["share"] == pytest.approx(0.1)
    with pytest.raises(CannotMeasure):
        measured(waited(SLOW, of=1))


def test_on_a_gpu_it_counts_only_where_the_gpu_had_run_out_of_work() -> None:
    assert "idle_share" not in measured(waited(SLOW), device="cuda")
    full, empty = replace(SLOW, idle=0.1), replace(SLOW, idle=1.0)
    assert measured(waited(full, empty), device="cuda")["idle_share"] == pytest.approx(0.1)
    assert measured(waited(empty, empty), device="cuda")["idle_share"] == 1.0


def test_a_run_without_a_loader_can_not_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        data_waits.run(StillBench(Trace(passes=[trained(loader=None)])))
