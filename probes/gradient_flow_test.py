"""Tests of the gradients by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import GraphSeen, GroupSeen, ModelSeen, ModuleSeen, OptimizerSeen, ParameterSeen
from nndoctor.trace import LayerSample, Trace
from probes import gradient_flow

PLAIN = ParameterSeen(
    name="",
    shape=(8, 8),
    dtype="float32",
    device="cpu",
    trainable=True,
    loaded=False,
    mean=0.0,
    std=0.1,
    largest=0.3,
    nonfinite=0,
    zero=False,
    identical_slices=False,
    fan_in=8,
)


@dataclass
class Bench:
    trace: Trace


def trained(*profiles: Mapping[str, float], unreached: tuple[str, ...] = (), table: str = "") -> Trace:
    """A run whose net has the layers of the first profile, from the input on, and one sample for each profile."""
    names = [*profiles[0], *unreached]
    trace = Trace()
    kinds = tuple(ModuleSeen(name.split(".")[0], "Embedding" if name == table else "Linear") for name in names)
    trace.models[0] = ModelSeen(0, "Net", None, tuple(replace(PLAIN, name=name) for name in names), kinds)
    groups = (GroupSeen(0.1, 0.0, 0.0, tuple(f"0:{name}" for name in names)),)
    trace.optimizers[0] = OptimizerSeen(0, "SGD", None, groups, 0, 0)
    reached = tuple(f"0:{name}" for name in reversed(list(profiles[0])))
    trace.graphs.append(GraphSeen(0, 0, "mse_loss", (), reached, tuple(f"0:{n}" for n in unreached), 9, (0,)))
    for step, profile in enumerate(profiles):
        sizes = {f"0:{name}": size for name, size in profile.items()}
        trace.layers.append(LayerSample(step, 0, sizes, sizes, sizes, {}))
    return trace


def values(trace: Trace) -> dict[str, object]:
    return {name: fact.value for name, fact in gradient_flow.run(Bench(trace)).values.items()}  # type: ignore[arg-type]


def test_a_gradient_that_dies_towards_the_input_is_told_by_first_over_last() -> None:
    facts = values(trained({f"l{i}.weight": 10.0 ** (i - 9) for i in range(10)}))
    assert facts["first_over_last"] == pytest.approx(1e-8)
    assert facts["rises_with_depth"] == pytest.approx(1.0)
    assert facts["depth"] == 10


def test_the_median_over_the_samples_counts_not_one_odd_step() -> None:
    even = {"a.weight": 1.0, "b.weight": 1.0, "c.weight": 1.0}
    assert values(trained(even, {**even, "a.weight": 1e-9}, even))["first_over_last"] == pytest.approx(1.0)


def test_what_the_steps_make_of_the_gradients_is_told_too() -> None:
    trace = trained({f"l{i}.weight": 10.0 ** (i - 9) for i in range(10)})
    assert values(trace)["update_first_over_last"] == pytest.approx(1e-8)
    trace.layers[:] = [replace(sample, update=dict.fromkeys(sample.update, 1e-3)) for sample in trace.layers]
    assert values(trace)["update_first_over_last"] == pytest.approx(1.0)
    trace.layers[:] = [replace(sample, update={}) for sample in trace.layers]
    assert "update_first_over_last" not in values(trace)


def test_look_up_tables_and_zeros_do_not_count_as_vanished() -> None:
    facts = values(trained({"e.weight": 1e-9, "a.weight": 1.0, "b.weight": 1.0, "c.weight": 0.5}, table="e.weight"))
    assert facts["first_over_last"] == pytest.approx(2.0)
    facts = values(trained({"z.weight": 0.0, "a.weight": 1.0, "b.weight": 1.0, "c.weight": 1.0}))
    assert facts["first_over_last"] == pytest.approx(1.0)


def test_two_weights_make_no_profile_but_zeros_are_counted() -> None:
    facts = values(trained(*[{"a.weight": 0.0, "b.weight": 1.0}] * 3))
    assert "first_over_last" not in facts
    assert facts["zero_share"] == 0.5


def test_what_no_loss_reaches_is_listed_with_its_size() -> None:
    facts = values(trained(*[{"a.weight": 1.0, "b.weight": 1.0, "c.weight": 1.0}] * 3, unreached=("u.weight",)))
    assert facts["never_reached_share"] == 0.25
    assert facts["never_reached_by_layer"] == {"0:u.weight": 64.0}


def test_a_branch_reached_in_another_iteration_is_not_missed() -> None:
    trace = trained(*[{"a.weight": 1.0, "b.weight": 1.0, "c.weight": 1.0}] * 3, unreached=("u.weight",))
    trace.graphs.append(GraphSeen(1, 0, "mse_loss", (), ("0:u.weight",), (), 9, (0,)))
    assert values(trace)["never_reached_share"] == 0.0


def test_each_net_of_a_gan_is_judged_alone() -> None:
    trace = trained(
        {"a.weight": 1e-6, "b.weight": 1e-6, "c.weight": 1e-6, "d.weight": 1.0, "e.weight": 1.0, "f.weight": 1.0}
    )
    first = {f"0:{n}.weight": 1e-6 for n in "abc"}
    second = {f"0:{n}.weight": 1.0 for n in "def"}
    trace.layers[:] = [LayerSample(0, 0, first, first, first, {}), LayerSample(1, 1, second, second, second, {})]
    groups = tuple(GroupSeen(0.1, 0.0, 0.0, tuple(own)) for own in (first, second))
    trace.optimizers = {n: OptimizerSeen(n, "SGD", None, (group,), 0, 0) for n, group in enumerate(groups)}
    assert values(trace)["first_over_last"] == pytest.approx(1.0)


def test_without_a_watched_backward_it_cannot_measure() -> None:
    with pytest.raises(CannotMeasure):
        values(Trace())
