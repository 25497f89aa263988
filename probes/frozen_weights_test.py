"""Tests of the frozen layers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import (
    BatchSeen,
    GraphSeen,
    GroupSeen,
    ModelSeen,
    ModuleSeen,
    OptimizerSeen,
    ParameterSeen,
    TensorSeen,
)
from nndoctor.trace import Trace
from probes import frozen_weights
from tests.traces import iterations

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
FROZEN = replace(PLAIN, trainable=False, mean=0.001)


@dataclass
class Bench:
    trace: Trace


def trace_of(*parameters: ParameterSeen, kind: str = "Linear") -> Trace:
    """A net with these weights, one a layer, and a head that learns."""
    head = replace(PLAIN, name="head.weight")
    trace = Trace()
    kinds = tuple(ModuleSeen(p.name.rpartition(".")[0], kind) for p in parameters)
    trace.models[0] = ModelSeen(0, "Net", None, (*parameters, head), (*kinds, ModuleSeen("head", "Linear")))
    trace.optimizers[0] = OptimizerSeen(0, "SGD", None, (GroupSeen(0.1, 0.0, 0.0, ("0:head.weight",)),), 0, 0)
    trace.graphs.append(GraphSeen(0, 0, "nll_loss", (), ("0:head.weight",), (), 9, (0,)))
    trace.iterations += iterations([1.0] * 20)
    return trace


def share(trace: Trace) -> object:
    return frozen_weights.run(Bench(trace)).values["untrained_layers_share"].value  # type: ignore[arg-type]


def layers(**changes: object) -> tuple[ParameterSeen, ...]:
    return tuple(replace(FROZEN, name=f"{n}.weight", **changes) for n in "abc")  # type: ignore[arg-type]


def test_random_layers_that_may_not_learn_are_untrained() -> None:
    assert share(trace_of(*layers())) == 0.75


def test_loaded_copied_and_twin_layers_have_a_reason() -> None:
    assert share(trace_of(*layers(loaded=True))) == 0.0
    assert share(trace_of(*layers(copied_from="1:a.weight"))) == 0.0
    assert share(trace_of(*layers(mean=PLAIN.mean))) == 0.0


def test_layers_trained_in_an_earlier_phase_have_a_reason() -> None:
    trace = trace_of(*layers())
    trace.graphs.append(GraphSeen(1, 0, "mse_loss", (), tuple(f"0:{n}.weight" for n in "abc"), (), 9, (0,)))
    assert share(trace) == 0.0


def test_tables_and_hand_made_parameters_are_not_counted() -> None:
    assert share(trace_of(*layers(), kind="Embedding")) == 0.0
    assert share(trace_of(*layers(), kind="Reservoir")) == 0.0


def two_models(output: str) -> Trace:
    """A frozen model whose first output has this fingerprint, beside one that learns from input "f"."""
    trace = trace_of()
    trace.models[1] = ModelSeen(1, "Body", None, layers(), tuple(ModuleSeen(n, "Linear") for n in "abc"))
    seen = TensorSeen("0", (2, 4), "float32", fingerprint="f")
    out = TensorSeen("output", (2, 4), "float32", fingerprint=output)
    trace.batches += [
        BatchSeen(0, 1, training=True, evaluating=True, loader=None, inputs=(), output=out),
        BatchSeen(0, 0, training=True, evaluating=False, loader=None, inputs=(seen,)),
    ]
    return trace


def test_a_frozen_model_counts_only_if_it_feeds_one_that_learns() -> None:
    assert share(two_models("f")) == 0.75
    assert share(two_models("another")) == 0.0


def test_each_training_is_judged_by_its_own_models_and_loss() -> None:
    trace = trace_of(*(replace(PLAIN, name=f"{n}.weight", std=0.2) for n in "abcdefgh"))
    names = [f"0:{parameter.name}" for parameter in trace.models[0].parameters]
    trace.optimizers[0] = OptimizerSeen(0, "SGD", None, (GroupSeen(0.1, 0.0, 0.0, tuple(names)),), 0, 0)
    trace.graphs[:] = [GraphSeen(0, 0, "nll_loss", (), tuple(names), (), 9, (0,))]
    trace.iterations[:] = iterations([1.0 - 0.04 * n for n in range(20)])
    student = trace_of(*layers())
    trace.models[1] = replace(student.models[0], model=1)
    trace.optimizers[1] = OptimizerSeen(1, "SGD", None, (GroupSeen(0.1, 0.0, 0.0, ("1:head.weight",)),), 0, 0)
    trace.graphs.append(GraphSeen(20, 0, "nll_loss", (), ("1:head.weight",), (), 9, (1,)))
    trace.iterations += [replace(row, index=row.index + 20, optimizer=1) for row in iterations([1.0] * 20)]
    facts = frozen_weights.run(Bench(trace)).values  # type: ignore[arg-type]
    assert facts["untrained_layers_share"].value == 0.75
    assert facts["loss_drop"].value == 0.0


def test_without_a_training_it_cannot_measure() -> None:
    with pytest.raises(CannotMeasure):
        share(Trace())
