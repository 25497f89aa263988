from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, GroupSeen, OpSeen, OptimizerSeen
from nndoctor.trace import Trace
from probes import regularisers
from tests.traces import StillBench, line, model, values


def test_the_strongest_of_each_is_told() -> None:
    seen = model("Dropout", "Dropout", "Linear")
    strong = tuple(replace(part, settings={"p": p}) for part, p in zip(seen.modules[:2], (0.1, 0.6), strict=True))
    groups = (GroupSeen(0.1, 0.0, 0.0, ()), GroupSeen(0.1, 0.05, 0.0, ()))
    facts = regularisers.run(
        StillBench(
            Trace(
                models={0: replace(seen, modules=(*strong, seen.modules[2]))},
                optimizers={0: OptimizerSeen(0, "SGD", line(9), groups, 0, 0)},
            )
        )
    )
    assert dict(values(facts)) == {"dropout": 0.6, "present": True, "weight_decay": 0.05}
    assert facts.values["weight_decay"].where == (line(9),)


def test_a_plain_model_has_none() -> None:
    facts = values(regularisers.run(StillBench(Trace(models={0: model("Linear")}))))
    assert dict(facts) == {"dropout": 0.0, "present": False, "weight_decay": 0.0}
    by_function = [
        ForwardSeen(
            0, 0, (OpSeen("dropout", line(4), takes_grad=True, gives_grad=True, grad_mode=True, floating=True),)
        )
    ]
    facts = values(regularisers.run(StillBench(Trace(models={0: model("Linear")}, forwards=by_function))))
    assert facts["present"] is True
    with pytest.raises(CannotMeasure):
        regularisers.run(StillBench(Trace()))
