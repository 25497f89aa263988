"""What stays in memory: slopes, and nodes of autograd graphs turned into whole graphs."""

from __future__ import annotations

import numpy as np

from nndoctor.trace import MemorySample, Pass, Trace


def theil_sen(x: np.ndarray, y: np.ndarray) -> float:
    """The median slope between all pairs of (at most 200) points: one step up of the allocator does not move it."""
    step = -(-len(x) // 200)
    x, y = x[::step], y[::step]
    one, other = np.triu_indices(len(x), 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))


def graphs_in(trace: Trace, nodes: float) -> float:
    """How many graphs of one step so many nodes are: the nodes of the weights they have in common."""
    walked = [graph for graph in trace.graphs if graph.nodes]
    leaves = float(np.median([len(graph.reached) for graph in walked]))
    own = max(1.0, float(np.median([graph.nodes for graph in walked])) - leaves)
    return max(0.0, (nodes - leaves) / own)


def nodes_of(sample: MemorySample) -> float:
    """The nodes behind all graphs alive."""
    return float(sample.graph_nodes or 0)


def growth_within(one: Pass) -> float:
    """Growth of memory from the first call of a pass to the last, relative to the level."""
    before, after = one.cuda_bytes if one.cuda_bytes[1] else one.resident_bytes
    return max(0.0, (after - before) / before) if before else 0.0
