"""Tests of the activations of the hidden layers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ActivationSeen, GraphSeen
from nndoctor.trace import Trace
from probes import activations


@dataclass
class Bench:
    trace: Trace


def relu(layer: str, alive: str, samples: int = 64) -> ActivationSeen:
    """Eight units; `alive` is their mask of two hexadecimal digits."""
    return ActivationSeen(layer, "relu", 0.5, 0.0, 0.0, 8, samples, 1.0, 3.0, alive)


def graph(step: int, *seen: ActivationSeen, before: tuple[str, ...] = ()) -> GraphSeen:
    return GraphSeen(step, 0, "mse_loss", before, (), (), 9, (0,), seen)


def facts_of(*graphs: GraphSeen) -> dict[str, object]:
    trace = Trace(graphs=list(graphs))
    return {name: fact.value for name, fact in activations.run(Bench(trace)).values.items()}  # type: ignore[arg-type]


def test_units_that_fire_in_different_batches_are_all_alive() -> None:
    masks = ("80", "40", "20", "10", "08", "04", "02", "01")
    facts = facts_of(*[graph(i, relu("0:a", mask)) for i, mask in enumerate(masks)])
    assert facts["largest_dead_share"] == 0.0
    assert facts["judged_on"] == 512


def test_units_that_never_fire_are_dead_in_the_worst_layer() -> None:
    facts = facts_of(*[graph(i, relu("0:b", "ff"), relu("0:a", "c0")) for i in range(8)])
    assert facts["dead_by_layer"] == {"0:b": 0.0, "0:a": 0.75}
    assert facts["largest_dead_share"] == 0.75


def test_too_few_samples_judge_nothing() -> None:
    assert "largest_dead_share" not in facts_of(graph(0, relu("0:a", "00")))


def test_start_and_end_are_told_apart() -> None:
    facts = facts_of(graph(0, relu("0:a", "ff", 512)), graph(9, relu("0:a", "00", 512)))
    assert facts["largest_dead_share_at_start"] == 0.0
    assert facts["largest_dead_share"] == 1.0


def test_a_layer_used_twice_is_dead_only_where_both_uses_are() -> None:
    facts = facts_of(graph(0, relu("0:a", "f0", 256), relu("0:a", "0f", 256)))
    assert facts["largest_dead_share"] == 0.0


def test_the_output_sigmoid_is_not_hidden() -> None:
    out = ActivationSeen("0:o", "sigmoid", 0.0, 0.9, 0.0, 1, 64, 0.5, 1.0)
    hidden = ActivationSeen("0:h", "tanh", 0.0, 0.4, 0.0, 8, 64, 0.5, 1.0)
    assert facts_of(graph(0, out, hidden, before=("sigmoid",)))["saturated_by_layer"] == {"0:h": 0.4}


def test_a_graph_without_activations_cannot_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        facts_of(graph(0))


def test_how_many_hidden_units_began_at_their_ends() -> None:
    def squashing(layer: str, share: float) -> ActivationSeen:
        return ActivationSeen(layer, "tanh", 0.0, share, 0.0, 8, 64, 1.0, 1.0)

    # the outermost of the first graph is the output: it may go where it likes
    first = graph(0, squashing("0:out", 1.0), squashing("0:b", 0.7), squashing("0:a", 0.2), before=("tanh",))
    late = [graph(9 + i, squashing("0:b", 0.1), squashing("0:a", 0.95)) for i in range(3)]
    assert facts_of(first, first, first, *late)["largest_saturated_share_at_start"] == 0.7
