"""How smooth an input is along its axes: as it came, and read from memory in another order. A record of the journal.

Standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

AS_IS = "as_is"


@dataclass(frozen=True, slots=True)
class LayoutSeen:
    """The first batch that a model trained on, its values read in that order and then permuted to its own shape.

    `order` has one digit for each axis: "0231" takes what lies in memory for rows of (axis 0, axis 2, axis 3, axis 1);
    AS_IS is the input itself. `likeness` tells for each axis how alike neighbours along it are: 1 for equal ones, 0
    for those of white noise; means of channels (of features) are taken out first. `error` is one standard error.
    """

    model: int
    path: str
    shape: tuple[int, ...]
    order: str
    likeness: tuple[float, ...]
    error: float


def channels_last(message: str) -> bool:
    """Whether torch complains of an image with its channels last: the wanted number stands on the last axis."""
    found = re.search(r"input\[[\d, ]*, (\d+)\] to have (\d+) channels, but got (\d+)", message)
    return found is not None and found[1] == found[2] != found[3]
