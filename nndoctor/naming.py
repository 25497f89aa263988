"""How rules name the members of a closed set of classes, and what is said of a name that is none of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def name_of(kind: type[object]) -> str:
    """As rules write it: LearningRateTimes is learning_rate_times."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def meant(word: str, known: Iterable[str]) -> str:
    """The name that was meant perhaps, else all there are: to stand behind the complaint."""
    names = list(known)
    close = difflib.get_close_matches(word, names, 1)
    return f": did you mean {close[0]!r}?" if close else f": it is one of {', '.join(names)}"
