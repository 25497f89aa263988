"""Where weights come from and go to: a line that makes them, a file, a copy."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import nn

from nndoctor.worker.keeping import Keeping
from nndoctor.worker.watch import Watch


def install_sources(watch: Watch) -> None:
    """Hooks loading, copying and saving."""
    keeping = Keeping(watch.journal, watch.places, lambda: watch.iteration if watch.listening() else None)
    if not watch.light:
        watch.models.origins.install()
        keeping.install()
    take = nn.Module.load_state_dict

    @functools.wraps(take)
    def load_state_dict(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        result = take(self, *args, **kwargs)
        watch.models.was_loaded(self)
        return result

    nn.Module.load_state_dict = load_state_dict
    copy, read = nn.Parameter.__deepcopy__, torch.load

    @functools.wraps(copy)
    def __deepcopy__(self: nn.Parameter, memo: Any) -> nn.Parameter:  # noqa: N807
        result = copy(self, memo)
        watch.models.was_copied(self, result)
        if not watch.light:
            keeping.copied()
        return result

    @functools.wraps(read)
    def load(*args: Any, **kwargs: Any) -> Any:
        result = read(*args, **kwargs)
        for thing in result.values() if isinstance(result, dict) else (result,):
            if isinstance(thing, nn.Module):
                watch.models.was_loaded(thing)
        return result

    nn.Parameter.__deepcopy__, torch.load = __deepcopy__, load  # type: ignore[assignment]
