"""What one tensor looks like, in numbers. Nothing here draws a random number, changes a tensor or builds a graph."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from nndoctor.seen import TensorSeen

LARGEST_READ = 1 << 20
"""Elements above which statistics are taken on a strided sample (the non-finite count never is)."""
FEATURES = 64
ROWS = 64
FEWEST_ROWS = 8


def found_in(thing: Any, path: str = "", depth: int = 0) -> Iterable[tuple[str, Tensor]]:
    """The tensors in a nested batch, call or output, with their paths, in order."""
    if isinstance(thing, Tensor):
        yield path, thing
    elif depth < 4 and isinstance(thing, Mapping):
        for key, item in list(thing.items())[:16]:
            yield from found_in(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif depth < 4 and isinstance(thing, list | tuple):
        for number, item in enumerate(thing[:16]):
            yield from found_in(item, f"{path}.{number}" if path else str(number), depth + 1)
    elif depth < 4 and hasattr(thing, "__dataclass_fields__"):
        for name in list(thing.__dataclass_fields__)[:16]:
            yield from found_in(getattr(thing, name, None), f"{path}.{name}" if path else name, depth + 1)


def finite(value: float) -> float | None:
    """The value, or None where JSON has no word for it."""
    return value if math.isfinite(value) else None


def readable(tensor: Tensor) -> bool:
    """Whether the tensor has plain values to look at: not sparse, quantised, on `meta`, in a vmap, nor empty."""
    return (
        not torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        and tensor.layout == torch.strided
        and tensor.device.type != "meta"
        and not tensor.is_quantized
        and type(tensor).__name__ != "FakeTensor"
        and tensor.numel() > 0
    )


def memory_of(tensor: Tensor) -> int:
    """Where its values lie, 0 where it has none of its own: `weight.data` is another object at each look."""
    return tensor.data_ptr() if not is_lazy(tensor) and readable(tensor) else 0


@torch.no_grad()
def tensor_seen(path: str, tensor: Tensor, *, fully: bool = True) -> TensorSeen:
    """The record of one tensor; with `fully` false only shape, type and fingerprints."""
    head: dict[str, Any] = {
        "path": path,
        "shape": tuple(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "device": tensor.device.type,
        "requires_grad": tensor.requires_grad,
    }
    if not readable(tensor) or tensor.is_complex():
        return TensorSeen(**head)
    plain = tensor.detach()
    head["fingerprint"] = fingerprint(plain)
    head["row_fingerprints"] = row_fingerprints(plain)
    if fully:
        head |= _statistics(plain)
        head["varied"] = _varied(plain) if head["row_fingerprints"] else 0
    return TensorSeen(**head)


def _statistics(tensor: Tensor) -> dict[str, Any]:
    floating = tensor.is_floating_point()
    sample = strided(tensor, LARGEST_READ)
    found: dict[str, Any] = {}
    if floating:
        found["nonfinite"] = int((~torch.isfinite(tensor)).sum())
        sample = sample.float()
        sample = sample[torch.isfinite(sample)] if found["nonfinite"] else sample
    elif tensor.dtype != torch.bool:
        found["distinct"] = min(int(torch.unique(sample).numel()), 1001)
    numbers = sample.double()
    if numbers.numel():
        low, high = numbers.min(), numbers.max()
        spread = numbers.std(correction=0)
        values = torch.stack([low, high, numbers.mean(), spread]).tolist()
        found |= dict(zip(("minimum", "maximum", "mean", "std"), map(finite, values), strict=True))
    if floating and not found["nonfinite"] and tensor.dim() >= 2 and tensor.numel() <= LARGEST_READ:
        found |= _channels(tensor.double())
    return found


def _channels(tensor: Tensor) -> dict[str, Any]:
    if tensor.shape[1] > FEATURES:
        return {}
    others = [axis for axis in range(tensor.dim()) if axis != 1]
    std, mean = torch.std_mean(tensor, dim=others, correction=0)
    return {"channel_mean": tuple(mean.tolist()), "channel_std": tuple(std.tolist())}


def strided(tensor: Tensor, most: int) -> Tensor:
    """At most so many elements, evenly spread over the flattened tensor."""
    flat = tensor.reshape(-1)
    step = -(-flat.numel() // most)
    # an even step would look at one channel only where the channels' number divides it
    return flat if step <= 1 else flat[:: step | 1]


def _bytes(tensor: Tensor) -> bytes:
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return bytes(tensor.cpu().contiguous().numpy().tobytes())


def fingerprint(tensor: Tensor) -> str:
    """Equal for equal content (shape, and up to 1024 elements)."""
    return f"{zlib.crc32(_bytes(strided(tensor.detach(), 1024))):08x}.{tensor.numel()}"


def row_fingerprints(tensor: Tensor) -> tuple[str, ...]:
    """One for each of the first samples of a batch of two axes or more; () where rows hold too little to tell."""
    if tensor.dim() < 2 or tensor[0].numel() < 2:
        return ()
    # moved at once: each row for itself would be a wait for the GPU
    return tuple(f"{zlib.crc32(_bytes(row)):08x}" for row in _rows(tensor).contiguous().cpu())


def _rows(tensor: Tensor) -> Tensor:
    rows = tensor.detach()[:ROWS].flatten(1)
    return rows[:, :: max(1, -(-rows.shape[1] // 256)) | 1]


def _varied(tensor: Tensor) -> int:
    columns = _rows(tensor).sort(dim=0).values
    if len(columns) < FEWEST_ROWS:
        return 0
    different = (columns[1:] != columns[:-1]).sum(0) + 1
    return int((different * 3 >= len(columns)).sum())
