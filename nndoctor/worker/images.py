"""Keeps a few samples of a batch of images, small, as they come into a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from nndoctor.case import Image
from nndoctor.images import ImagesSeen
from nndoctor.seen import TensorSeen
from nndoctor.worker.tensors import readable, row_fingerprints

MOST_IMAGES = 8
LARGEST = 64
"""Dots along the longer side; of larger images only every second, third ... dot is kept."""
SMALLEST = 8
COLOURS = (1, 3)


@torch.no_grad()
def images_of(
    model: int, seen: TensorSeen, tensor: Tensor, drawn: Sequence[tuple[str, Tensor]]
) -> Iterator[ImagesSeen]:
    """Nothing where the tensor is no batch of grey or coloured images. `drawn` is the batch as the loader gave it."""
    batch = _channels_last(tensor.detach())
    if batch is None or not readable(tensor) or seen.std is None or seen.nonfinite:
        return
    step = -(-max(batch.shape[1:3]) // LARGEST)
    few = batch[:MOST_IMAGES, ::step, ::step].double().cpu()
    black, white = few.aminmax()
    bytes_ = ((few - black) * (255 / (white - black).clamp_min(1e-30))).round().to(torch.uint8)
    size = (bytes_.shape[1], bytes_.shape[2], bytes_.shape[3])
    yield ImagesSeen(
        model,
        seen.path,
        seen.shape,
        seen.dtype,
        seen.minimum or 0.0,
        seen.maximum or 0.0,
        seen.mean or 0.0,
        seen.std,
        float(black),
        float(white),
        tuple(Image.packed(size, image.contiguous().numpy().tobytes()) for image in bytes_),
        _labels(seen, drawn),
    )


def _channels_last(tensor: Tensor) -> Tensor | None:
    if tensor.dim() != 4 or not (tensor.is_floating_point() or tensor.dtype == torch.uint8):
        return None
    shape = tensor.shape
    if shape[1] in COLOURS and min(shape[2:]) >= SMALLEST:
        return tensor.permute(0, 2, 3, 1)
    return tensor if shape[3] in COLOURS and min(shape[1:3]) >= SMALLEST else None


def _labels(seen: TensorSeen, drawn: Sequence[tuple[str, Tensor]]) -> tuple[int, ...]:
    """Only where the model is given the very samples, in their order: a script may mix them first."""
    count = seen.shape[0]
    whole = [t for _, t in drawn if t.dim() == 1 and len(t) == count and not t.is_floating_point() and readable(t)]
    same = any(readable(t) and row_fingerprints(t) == seen.row_fingerprints for _, t in drawn if t.dim() == 4)
    return tuple(map(int, whole[0][:MOST_IMAGES].tolist())) if same and len(whole) == 1 else ()
