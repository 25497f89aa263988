"""What torch's allocator and the driver say of the GPU's memory. Nothing here starts CUDA, nor waits for it."""

from __future__ import annotations

import os
import re

import torch

from nndoctor.burden import GpuMemory

_MEBIBYTE = 1 << 20
_PROCESS = re.compile(r"process\s+(\d+) uses\s+([\d.]+) MB")


def gpu_memory(at_start: int) -> GpuMemory | None:
    """The memory of the current GPU; None where CUDA was not used, or can't be asked any more (after an assert)."""
    if not torch.cuda.is_initialized():
        return None
    try:
        told, (_, total) = torch.cuda.memory_stats(), torch.cuda.mem_get_info()
    except RuntimeError:
        return None
    return GpuMemory(
        total=total,
        allocated=told.get("allocated_bytes.all.current", 0),
        peak=told.get("allocated_bytes.all.peak", 0),
        reserved=told.get("reserved_bytes.all.current", 0),
        fragments=told.get("inactive_split_bytes.all.current", 0),
        retries=told.get("num_alloc_retries", 0),
        failures=told.get("num_ooms", 0),
        others=_of_others(),
        at_start=at_start,
    )


def _of_others() -> int | None:
    try:
        import pynvml  # noqa: PLC0415  # the driver's library: not everywhere, and slow to load
    except ImportError:
        return None
    try:
        listed = torch.cuda.list_gpu_processes()
    except (RuntimeError, OSError, pynvml.NVMLError):
        return None
    return of_others(listed, os.getpid())


def of_others(listed: str, own: int) -> int | None:
    """The bytes of all processes but this one, as torch lists them; None where this one is not among them.

    In a container the driver numbers processes as they are numbered outside, or hides them.
    """
    sizes = {int(number): float(size) * _MEBIBYTE for number, size in _PROCESS.findall(listed)}
    return int(sum(size for number, size in sizes.items() if number != own)) if own in sizes else None
