from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.burden import Burden, Hoard
from nndoctor.case import FactValue
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import hoarded_tensors
from tests.traces import StillBench, iterations, line, loader, trained, values


def held(iteration: int, tensors: int, **fields: object) -> Hoard:
    given = Hoard(iteration, tensors, tensors * 100_000, "cpu", "outputs", line(12), 1.0)
    return replace(given, **fields)  # type: ignore[arg-type]


def measured(*hoards: Hoard) -> dict[str, FactValue]:
    trace = Trace(
        iterations=iterations([1.0] * 101),
        passes=[trained(loader=0)],
        loaders={0: loader(0, iterators=5, draws=100)},
        burden=Burden(hoards=hoards),
    )
    return dict(values(hoarded_tensors.run(StillBench(trace))))


def test_a_list_that_gets_one_at_every_step() -> None:
    facts = measured(held(22, 11), held(44, 33), held(88, 77))
    assert (facts["per_step"], facts["kept_share"], facts["on_gpu"]) == (1.0, 1.0, False)
    assert facts["steadiness"] == pytest.approx(44 / 33)
    assert facts["megabytes"] == pytest.approx(7.7)
    assert facts["epochs"] == pytest.approx(4.4)
    assert facts["seen_share"] == 0.88


def test_a_list_that_is_emptied_has_lost_those_of_before() -> None:
    facts = measured(held(44, 4), held(88, 8, kept=0.0))
    assert facts["kept_share"] == 0.0
    assert facts["per_step"] == pytest.approx(4 / 44)


def test_a_cache_that_gets_full_grows_more_slowly() -> None:
    assert measured(held(44, 44), held(88, 50))["steadiness"] == pytest.approx(6 / 44)


def test_what_was_seen_once_is_no_growth() -> None:
    assert measured() == {"per_step": 0.0}
    assert measured(held(88, 77)) == {"per_step": 0.0}
    assert measured(held(44, 33, holder="others"), held(88, 77)) == {"per_step": 0.0}


def test_a_run_that_was_not_seen_to_its_end_can_not_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        hoarded_tensors.run(StillBench(Trace()))
