"""The moment at which the first non-finite value showed, and what else was not finite then."""

from __future__ import annotations

import torch
from torch import Tensor

from nndoctor.nonfinite import FirstNonfinite
from nndoctor.worker.models import Models
from nndoctor.worker.passes import Passes
from nndoctor.worker.tensors import found_in, readable


def first_nonfinite(iteration: int, passes: Passes, models: Models, *, loss: bool, gradient: bool) -> FirstNonfinite:
    """Looks at the batch, the output and the weights of the call that led here; once a run, so it may take its time."""
    latest = passes.latest
    # what a network made itself, a state or another's output, is no data; that came in with an earlier call
    calls = [*passes.pending, *([latest] if latest is not None else [])]
    inputs = [t for call in calls for ref in call.inputs if (t := ref()) is not None and t.grad_fn is None]
    if passes.passed is not None:
        inputs = [tensor for _, tensor in found_in(passes.passed)]  # an iteration that was not attended to
    outputs = [t for t in (ref() for ref in latest.outputs) if t is not None] if latest is not None else []
    weights = models.trainable_of(latest.known.number) if latest is not None else []
    others = [tensor for _, tensor in passes.drawn if not any(tensor is given for given in inputs)]
    return FirstNonfinite(
        iteration=iteration,
        loss=loss,
        gradient=gradient,
        inputs=any(map(_bad, inputs)),
        targets=any(map(_bad, others)) or passes.bad_target,
        outputs=any(map(_bad, outputs)),
        parameters=tuple(name for name, weight in weights if _bad(weight)),
    )


def _bad(tensor: Tensor) -> bool:
    return readable(tensor) and tensor.is_floating_point() and not bool(torch.isfinite(tensor.detach()).all())
