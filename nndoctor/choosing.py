"""Whether a script chooses its weights by a look: it keeps them whenever that look scores better than before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from nndoctor.trace import Pass, Trace

FEWEST = 2
"""So many looks after which the weights were kept, and so many after which they were not, are no chance."""


def chooses(trace: Trace, loader: int) -> bool:
    """Whether weights are copied or saved at just those looks through that loader that are the best so far."""
    looks = [one for one in trace.passes if one.evaluating and one.loader == loader]
    times = [one.iteration for one in looks]
    if len(set(times)) < len(times):
        return False
    # what is saved at the very end is saved as it is
    copied = {copy.iteration for copy in trace.copies}
    kept = [time in copied for time in times[:-1]]
    if min(sum(kept), len(kept) - sum(kept)) < FEWEST:
        return False
    return any(_are_records(kept, scores) for scores in _scores(looks[:-1]))


def _scores(looks: Sequence[Pass]) -> list[list[float]]:
    """By accuracy and by loss, where every look has it; higher is better."""
    by = [[one.accuracy for one in looks], [None if one.loss is None else -one.loss for one in looks]]
    return [[score for score in scores if score is not None] for scores in by if None not in scores]


def _are_records(kept: Sequence[bool], scores: Sequence[float]) -> bool:
    before = [float("-inf"), *accumulate(scores, max)]
    # a draw may count as better or not
    return all(
        score == best or taken == (score > best) for taken, score, best in zip(kept, scores, before, strict=False)
    )
