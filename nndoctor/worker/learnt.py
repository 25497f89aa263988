"""Which weights of a living model are no start values any more, told by how often torch says they were written.

A layer that only its own initialization has filled has parameters that were written once; loading a file, or a step of
an optimizer, writes each of them again. Where that can't be told, a layer is taken for one that has learnt: small
steps and low losses are right there.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from nndoctor.worker.loop import Training


def learnt(training: Training, double: nn.Module) -> Iterator[Tensor]:
    """Those parameters of the model's double."""
    stepped = training.optimizer.state if training.optimizer is not None else {}
    for own, copied in zip(training.model.modules(), double.modules(), strict=True):
        parameters = list(own.parameters(recurse=False))
        fresh = any(_is_fresh(parameter, own) for parameter in parameters)
        for parameter, copy in zip(parameters, copied.parameters(recurse=False), strict=True):
            if not fresh or parameter in stepped:
                yield copy


def _is_fresh(parameter: Tensor, owner: nn.Module) -> bool:
    # nn.Parameter(torch.randn(...)) was never written to, as a layer that was unpickled
    return parameter._version == 1 or (parameter._version == 0 and not hasattr(owner, "reset_parameters"))
