"""Small records of a run, made by hand, for the tests of probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nndoctor.case import FactValue, Place
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure, Facts
from nndoctor.seen import BatchSeen, GraphSeen, LoaderSeen, LossCall, ModelSeen, ModuleSeen, ParameterSeen, TensorSeen
from nndoctor.trace import Iteration, Pass, Trace


@dataclass
class StillBench:
    """A bench whose script can't be run again."""

    trace: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        raise CannotMeasure(f"no rerun with {intervention} for {iterations} iterations")

    def seconds_left(self) -> float:
        return 1.0


def values(facts: Facts) -> Mapping[str, FactValue]:
    return {name: fact.value for name, fact in facts.values.items()}


def line(number: int) -> Place:
    return Place("train.py", number)


TRAINED = Pass(
    model=0, evaluating=False, training=True, grad_enabled=True, output_requires_grad=True, active=2, sensitive=2,
    iteration=0, calls=50, samples=500, place=line(10), loader=0, resident_bytes=(300_000_000, 300_000_000),
)  # fmt: skip
LOOKED = replace(
    TRAINED, evaluating=True, training=False, grad_enabled=False, output_requires_grad=False, active=0, iteration=50,
    place=line(20), loader=1, calls=10, samples=100,
)  # fmt: skip


def trained(**changes: Any) -> Pass:
    return replace(TRAINED, **changes)


def looked(**changes: Any) -> Pass:
    return replace(LOOKED, **changes)


def iterations(losses: Sequence[float | None], **fields: Any) -> list[Iteration]:
    return [Iteration(i, i * 0.01, loss, 0, **{"optimizer": 0, **fields}) for i, loss in enumerate(losses)]


def tensor(shape: tuple[int, ...], content: str = "", **fields: Any) -> TensorSeen:
    rows = tuple(f"{content}.{row}" for row in range(min(shape[0], 64))) if len(shape) > 1 and content else ()
    known = {"path": "0.0", "dtype": "float32", "mean": 0.0, "std": 1.0, "minimum": -3.0, "maximum": 3.0}
    return TensorSeen(shape=shape, fingerprint=content, row_fingerprints=rows, **{**known, **fields})


def batch(iteration: int, content: str = "", **fields: Any) -> BatchSeen:
    given = {"model": 0, "training": True, "evaluating": False, "loader": 0, "inputs": (tensor((20, 8), content),)}
    return BatchSeen(iteration=iteration, **{**given, **fields})


def loss_call(
    iteration: int, *, value: float | None = 1.0, labels: Mapping[str, float] | None = None, **fields: Any
) -> LossCall:
    size = int(sum(labels.values())) if labels else 20
    given: dict[str, Any] = {
        "function": "cross_entropy", "place": line(11), "evaluating": False, "inside_model": False,
        "input": tensor((size, 4)), "target": tensor((size,), dtype="int64"), "reduction": "mean",
        "label_counts": labels or {},
    }  # fmt: skip
    return LossCall(iteration=iteration, value=value, **{**given, **fields})


def loader(number: int = 0, **fields: Any) -> LoaderSeen:
    given = {
        "place": line(9), "dataset": "TensorDataset", "length": 1000, "batch_size": 20, "sampler": "RandomSampler",
        "workers": 0, "drop_last": False,
    }  # fmt: skip
    return LoaderSeen(loader=number, **{**given, **fields})


def graph(iteration: int, nodes: int = 30, **fields: Any) -> GraphSeen:
    given: dict[str, Any] = {
        "curve": 0,
        "head": "nll_loss",
        "before": (),
        "reached": (),
        "unreached": (),
        "models": (0,),
    }
    return GraphSeen(iteration=iteration, nodes=nodes, **{**given, **fields})


def model(*kinds: str, trainable: bool = True, loaded: bool = False) -> ModelSeen:
    weight = ParameterSeen(
        "0.weight", (8, 8), "float32", "cpu", trainable, loaded, 0.0, 0.2, 0.5, 0, False, False, 8
    )  # fmt: skip
    return ModelSeen(0, "Net", line(10), (weight,), tuple(ModuleSeen(str(n), kind) for n, kind in enumerate(kinds)))
