from __future__ import annotations

from collections.abc import Mapping

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ModelSeen, ModuleSeen, ParameterSeen
from nndoctor.trace import BackwardSite, Iteration, LayerSample, Trace
from probes.gradient_size import run
from tests.traces import StillBench, values


def parameter(name: str, shape: tuple[int, ...]) -> ParameterSeen:
    fan_in = shape[1] if len(shape) > 1 else 1
    return ParameterSeen(name, shape, "float32", "cpu", True, False, 0.0, 0.1, 0.3, 0, False, False, fan_in)  # noqa: FBT003


def trained(loss: float | None, gradient: float) -> Trace:
    model = ModelSeen(0, "Net", None, (parameter("rnn.weight_hh_l0", (20, 20)), parameter("rnn.bias", (20,))),
                      (ModuleSeen("rnn", "RNN"),))  # fmt: skip
    rows = [Iteration(i, 0.1 * i, loss, 0, optimizer=0, gradient_norm=norm) for i, norm in enumerate((2.0, 3.0, 600.0))]
    weight = {"0:rnn.weight_hh_l0": 0.5, "0:rnn.bias": 1.0}
    sample = LayerSample(1, 0, {"0:rnn.weight_hh_l0": gradient, "0:rnn.bias": 9e9}, weight, {}, {})
    return Trace(models={0: model}, iterations=rows, layers=[sample], sites={0: BackwardSite(0, None)})


def test_the_elasticity_is_free_of_the_units_of_loss_and_weights() -> None:
    facts = run(StillBench(trained(loss=4.0, gradient=0.1)))
    found = values(facts)
    assert found["largest_elasticity"] == pytest.approx(0.1 * 0.5 * 400 / 4.0)
    by_layer = found["elasticity_by_layer"]
    assert isinstance(by_layer, Mapping)
    assert by_layer.keys() == {"0:rnn.weight_hh_l0"}
    assert found["largest_norm_over_median"] == pytest.approx(200.0)
    assert facts.values["largest_elasticity"].step == 0
    assert facts.values["largest_norm_over_median"].step == 2
    in_other_units = values(run(StillBench(trained(loss=4e6, gradient=1e5))))
    assert in_other_units["largest_elasticity"] == pytest.approx(5.0)


def test_a_first_loss_that_is_not_finite_has_no_elasticity() -> None:
    with pytest.raises(CannotMeasure, match="finite loss"):
        run(StillBench(trained(loss=None, gradient=0.1)))
