"""One layer that stands several times in a list, made several."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from nndoctor.worker.steering.around import Around, Steering


class Separating(Steering):
    """Puts a copy with start values of its own in the place of each repetition.

    It is done where a module's parts are asked for, as an optimizer does. The run's own random numbers stay untouched.
    """

    needs = "no layer that stands several times in a list"

    def install(self, around: Around) -> None:
        """Round the ways to a module's parts."""
        for name in ("named_modules", "named_children", "_apply", "state_dict", "train"):
            setattr(nn.Module, name, around.wrapped(getattr(nn.Module, name), self._asked))

    def _asked(self, ask: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if isinstance(module, nn.ModuleList | nn.Sequential):
            seen: set[int] = set()
            for name, part in list(module._modules.items()):
                if id(part) in seen and part is not None and part._parameters | part._modules:
                    self.applied += 1
                    module._modules[name] = _anew(part, self.applied)
                seen.add(id(part))
        return ask(module, *args, **kwargs)


def _anew(part: nn.Module, number: int) -> nn.Module:
    own = copy.deepcopy(part)
    with torch.random.fork_rng(devices=[]):
        # else all copies would start alike, as branches side by side must not
        torch.default_generator.manual_seed(torch.initial_seed() + number)
        for inner in own.modules():
            reset = getattr(inner, "reset_parameters", None) or getattr(inner, "_reset_parameters", None)
            if callable(reset):
                reset()
    return own
