"""Tests of the weights at the start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import BatchSeen, GraphSeen, ModelSeen, ModuleSeen, ParameterSeen, TensorSeen
from nndoctor.trace import LayerSample, Trace
from probes import weights_at_init

PLAIN = ParameterSeen(
    name="",
    shape=(4, 4),
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
    fan_in=4,
)


@dataclass
class Bench:
    trace: Trace


def trace_of(*parameters: ParameterSeen, spread: dict[str, float] | None = None, kind: str = "Linear") -> Trace:
    """A net with these weights from the input on, trained for four steps, with the spread of rows at the last."""
    trace = Trace()
    kinds = tuple(ModuleSeen(p.name.rpartition(".")[0], kind) for p in parameters)
    trace.models[0] = ModelSeen(0, "Net", None, parameters, kinds)
    names = [f"0:{p.name}" for p in parameters]
    trace.graphs.append(GraphSeen(0, 0, "nll_loss", (), tuple(reversed(names)), (), 9, (0,)))
    for step in range(4):
        apart = spread or {} if step == 3 else dict.fromkeys(spread or {}, 0.0)
        trace.layers.append(LayerSample(step, 0, dict.fromkeys(names, 0.1), {}, {}, {}, apart))
    return trace


def facts_of(trace: Trace) -> dict[str, object]:
    return {name: fact.value for name, fact in weights_at_init.run(Bench(trace)).values.items()}  # type: ignore[arg-type]


def named(name: str, **changes: object) -> ParameterSeen:
    return replace(PLAIN, name=f"{name}.weight", **changes)  # type: ignore[arg-type]


def test_rows_that_stay_alike_are_counted_and_those_that_part_are_not() -> None:
    net = [named(n, identical_slices=True) for n in "ab"] + [named("c")]
    facts = facts_of(trace_of(*net, spread={"0:a.weight": 1e-7, "0:b.weight": 0.2}))
    assert facts["still_alike"] == 1
    assert facts["still_alike_share"] == pytest.approx(1 / 3)


def test_an_output_layer_that_began_at_zero_is_legal() -> None:
    net = (named("a"), named("b"), named("c"), named("out", identical_slices=True, zero=True))
    assert facts_of(trace_of(*net, spread={"0:out.weight": 0.0}))["still_alike"] == 0
    net = (named("a", identical_slices=True, zero=True), named("b"), named("c"), named("out"))
    assert facts_of(trace_of(*net, spread={"0:a.weight": 0.0}))["still_alike"] == 1


def test_bare_tensors_count_where_they_are_trained() -> None:
    trace = trace_of(named("a"), spread={"?:4x4#0": 0.0})
    trace.bare.append(replace(PLAIN, name="4x4#0", identical_slices=True, std=3.0))
    assert facts_of(trace)["still_alike"] == 0
    graded = {"0:a.weight": 0.1, "?:4x4#0": 0.1}
    trace.layers[:] = [replace(sample, gradient=graded) for sample in trace.layers]
    facts = facts_of(trace)
    assert facts["still_alike_share"] == 0.5
    assert facts["largest_gain"] == pytest.approx(6.0)


def test_weights_without_a_gradient_are_not_trained_and_not_counted() -> None:
    trace = trace_of(named("a", identical_slices=True), named("b"), spread={"0:a.weight": 0.0})
    trace.layers[:] = [replace(sample, gradient={"0:b.weight": 0.1}) for sample in trace.layers]
    assert facts_of(trace)["still_alike"] == 0


def test_the_gain_takes_the_fan_in_of_torchs_layers_and_the_smaller_side_of_others() -> None:
    net = (named("a", shape=(4, 100), fan_in=100, std=1.0), named("last"))
    assert facts_of(trace_of(*net))["largest_gain"] == pytest.approx(10.0)
    assert facts_of(trace_of(*net, kind="Dense"))["largest_gain"] == pytest.approx(2.0)


def test_hand_made_class_centres_have_no_gain() -> None:
    net = (named("a"), named("centres", std=1.0))
    assert list(facts_of(trace_of(*net, kind="ArcFace"))["gain_by_layer"]) == ["0:a.weight"]  # type: ignore[call-overload]


def test_loaded_weights_and_tables_have_no_start_of_their_own() -> None:
    with pytest.raises(CannotMeasure):
        facts_of(trace_of(named("a", loaded=True)))
    with pytest.raises(CannotMeasure):
        facts_of(trace_of(named("a"), kind="Embedding"))


def test_the_scale_of_the_first_input_and_output() -> None:
    trace = trace_of(named("a"))
    tokens = TensorSeen("0", (2, 3), "int64", mean=5.0, std=2.0)
    image = TensorSeen("1", (2, 3), "float32", mean=3.0, std=4.0)
    out = TensorSeen("output", (2, 3), "float32", mean=0.0, std=7.0)
    trace.batches.append(BatchSeen(0, 0, training=True, evaluating=False, loader=0, inputs=(tokens, image), output=out))
    facts = facts_of(trace)
    assert facts["input_scale"] == 5.0
    assert facts["output_scale"] == 7.0
