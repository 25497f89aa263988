"""Tests of the way from the weights to the loss."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nndoctor.case import Place
from nndoctor.probe import CannotMeasure
from nndoctor.seen import (
    BatchSeen,
    ForwardSeen,
    GraphSeen,
    GroupSeen,
    LossPathSeen,
    ModelSeen,
    OpSeen,
    OptimizerSeen,
    ParameterSeen,
    TensorSeen,
)
from nndoctor.trace import LayerSample, Pass, Trace
from probes import forward_path

LINE = Place("/u/train.py", 7, "h = h.detach()")
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
BODY = ("0:body.weight", "0:body.bias")


@dataclass
class Bench:
    trace: Trace


def parameter(name: str, *, loaded: bool = False, copied: str = "") -> ParameterSeen:
    shape = (4,) if name.endswith("bias") else (4, 4)
    return replace(PLAIN, name=name, shape=shape, loaded=loaded, copied_from=copied)


def cut(name: str = "detach", *, grad_mode: bool = True, gives: bool = False) -> OpSeen:
    return OpSeen(
        name=name,
        place=LINE,
        takes_grad=True,
        gives_grad=gives,
        grad_mode=grad_mode,
        floating=True,
        shapes=((2, 4),),
        behind=BODY,
    )


def trace_of(*ops: OpSeen, held: tuple[str, ...] = BODY, loaded: bool = False, copied: str = "") -> Trace:
    """A net of body and head whose head alone is reached."""
    trace = Trace()
    body = (
        parameter("body.weight", loaded=loaded, copied=copied),
        parameter("body.bias", loaded=loaded, copied=copied),
    )
    trace.models[0] = ModelSeen(0, "Net", None, (*body, parameter("head.weight")), ())
    groups = (GroupSeen(0.1, 0.0, 0.0, (*held, "0:head.weight")),)
    trace.optimizers[0] = OptimizerSeen(0, "SGD", None, groups, 0, 0)
    trace.graphs.append(GraphSeen(0, 0, "nll_loss", (), ("0:head.weight",), BODY, 9, (0,)))
    trace.forwards.append(ForwardSeen(0, 0, ops))
    trace.layers.append(LayerSample(0, 0, {"0:head.weight": 1.0}, {}, {}, {"0:head.weight": 0.1, "0:body.weight": 0.0}))
    return trace


def facts_of(trace: Trace) -> dict[str, object]:
    return {name: fact.value for name, fact in forward_path.run(Bench(trace)).values.items()}  # type: ignore[arg-type]


def test_weights_behind_a_cut_that_never_get_a_gradient_are_cut_off() -> None:
    facts = facts_of(trace_of(cut()))
    assert facts["cut_off"] is True
    assert facts["cut_off_share"] == pytest.approx(20 / 36)
    assert facts["cut_by"] == "detach"
    found = forward_path.run(Bench(trace_of(cut())))  # type: ignore[arg-type]
    assert found.values["cut_off"].where == (LINE,)


def test_the_kind_of_cut_is_told() -> None:
    assert facts_of(trace_of(cut("conv2d", grad_mode=False)))["cut_by"] == "no_grad"
    assert facts_of(trace_of(cut("tensor")))["cut_by"] == "leaving_torch"
    assert facts_of(trace_of(cut("round", gives=True)))["cut_by"] == "rounding"


def test_a_cut_on_the_way_to_the_loss_counts_as_one_in_the_model() -> None:
    trace = trace_of()
    trace.loss_paths.append(LossPathSeen(0, (cut("data"),)))
    facts = facts_of(trace)
    assert (facts["cut_off"], facts["cut_before_loss"]) == (True, True)
    assert facts_of(trace_of(cut()))["cut_before_loss"] is False


def test_a_generator_whose_turn_comes_later_is_not_cut_off() -> None:
    trace = trace_of(cut())
    trace.graphs.append(GraphSeen(1, 1, "nll_loss", (), BODY, (), 9, (0,)))
    facts = facts_of(trace)
    assert facts["cut_off"] is False
    assert facts["cuts"] == 1


def test_a_target_net_that_no_optimizer_holds_is_not_cut_off() -> None:
    assert facts_of(trace_of(cut(), held=()))["cut_off"] is False


def test_a_teacher_that_moves_without_a_gradient_is_not_cut_off() -> None:
    trace = trace_of(cut())
    trace.layers.append(LayerSample(1, 0, {}, {}, {}, dict.fromkeys(BODY, 0.01)))
    assert facts_of(trace)["cut_off"] is False


def test_loaded_or_copied_weights_are_left_alone_on_purpose() -> None:
    assert facts_of(trace_of(cut(), loaded=True))["cut_off"] is False
    assert facts_of(trace_of(cut(), copied="1:body.weight"))["cut_off"] is False


def test_a_gradient_of_zero_behind_a_rounding_is_no_gradient() -> None:
    trace = trace_of(cut("round", gives=True))
    trace.graphs[0] = GraphSeen(0, 0, "nll_loss", (), ("0:head.weight", *BODY), (), 9, (0,))
    trace.layers[:] = [LayerSample(0, 0, {"0:head.weight": 1.0, **dict.fromkeys(BODY, 0.0)}, {}, {}, {})]
    assert facts_of(trace)["cut_off"] is True
    trace.layers[:] = [LayerSample(0, 0, {"0:head.weight": 1.0, **dict.fromkeys(BODY, 1e-9)}, {}, {}, {})]
    assert facts_of(trace)["cut_off"] is False


def test_an_unused_branch_without_a_cut_is_not_cut_off() -> None:
    assert facts_of(trace_of())["cut_off"] is False


def test_a_model_called_without_gradient_that_feeds_the_trained_one_is_cut_off() -> None:
    trace = trace_of()
    trace.models[1] = ModelSeen(1, "Body", None, (parameter("w"),), ())
    trace.optimizers[1] = OptimizerSeen(1, "SGD", None, (GroupSeen(0.1, 0.0, 0.0, ("1:w",)),), 0, 0)
    features = TensorSeen("output", (2, 4), "float32", fingerprint="f")
    looks = Pass(1, evaluating=True, training=True, grad_enabled=False, output_requires_grad=False, active=0,
                 sensitive=0, iteration=0, calls=5, samples=10, place=LINE)  # fmt: skip
    trace.passes.append(looks)
    trace.batches += [
        BatchSeen(0, 1, training=True, evaluating=True, loader=None, inputs=(), output=features),
        BatchSeen(0, 0, training=True, evaluating=False, loader=None, inputs=(features,)),
    ]
    facts = facts_of(trace)
    assert (facts["cut_off"], facts["cut_by"]) == (True, "no_grad")
    trace.passes.append(replace(looks, grad_enabled=True))
    assert facts_of(trace)["cut_off"] is False


def test_without_watched_operations_it_cannot_measure() -> None:
    with pytest.raises(CannotMeasure):
        facts_of(Trace())
