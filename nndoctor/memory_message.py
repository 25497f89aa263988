"""The numbers in torch's message that a GPU's memory ran out, in any of its wordings since 1.8."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIZE = r"(\d+(?:\.\d+)?) (bytes|KiB|MiB|GiB)"
UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
CONTEXT = 1 << 30
"""What CUDA itself and its libraries take of a process's memory, at most."""


@dataclass(frozen=True, slots=True)
class MemoryMessage:
    """In bytes: asked for, all there is, in tensors, held by torch without use, and had by other processes."""

    tried: float
    capacity: float
    allocated: float
    unallocated: float
    foreign: float


def read(said: str) -> MemoryMessage | None:
    """What the message says; None if it is another one."""
    tried = _size(said, rf"Tried to allocate {SIZE}")
    capacity = _size(said, rf"total capac\w+ of {SIZE}|{SIZE} total capacity")
    if not tried or not capacity:
        return None
    allocated = _size(said, rf"memory {SIZE} is allocated by PyTorch|{SIZE} already allocated") or 0.0
    reserved = _size(said, rf"{SIZE} reserved in total")
    unused = _size(said, rf"{SIZE} is reserved by PyTorch but") if reserved is None else max(0.0, reserved - allocated)
    foreign = _foreign(said, capacity, allocated + (unused or 0.0))
    return MemoryMessage(tried, capacity, allocated, unused or 0.0, foreign)


def _size(text: str, pattern: str) -> float | None:
    found = re.search(pattern, text)
    if found is None:
        return None
    number, unit = (part for part in found.groups() if part)
    return float(number) * UNITS[unit]


def _foreign(said: str, capacity: float, own: float) -> float:
    """What other processes have; in a container one's own is listed among them, by its number outside."""
    listed = [
        float(number) * UNITS[unit] for number, unit in re.findall(rf"Process \d+ has {SIZE} memory in use", said)
    ]
    if "this process has" in said:
        return sum(listed)
    if listed:
        nearest = min(listed, key=lambda size: abs(size - own))
        return sum(listed) - (nearest if own <= 1.01 * nearest and nearest <= own + CONTEXT else 0.0)
    free = _size(said, rf"of which {SIZE} is free|{SIZE} free") or 0.0
    # a limit was set for this process: most of the GPU may be free, but not for it
    limited = free > capacity / 2 or " allowed; " in said
    return 0.0 if limited else max(0.0, capacity - free - own - CONTEXT)
