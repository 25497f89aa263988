"""Layers in plain lists and dictionaries of a module, made its own."""

from __future__ import annotations

from typing import Any

from torch import nn

from nndoctor.worker.steering.around import Around, Steering


class Registering(Steering):
    """Puts a ModuleList, ModuleDict or ParameterList in the place of a list or dictionary of layers or parameters.

    It is done where a module's parts are asked for: by parameters(), to(), state_dict() and their like.
    """

    needs = "no module with layers in a plain list or dictionary"

    def install(self, around: Around) -> None:
        """Round the ways to a module's parts."""
        for name in ("named_modules", "named_children", "_apply", "state_dict", "train"):
            setattr(nn.Module, name, around.wrapped(getattr(nn.Module, name), self._asked))

    def _asked(self, ask: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        for name, value in list(vars(module).items()):
            if not name.startswith("_") and (registered := _registered(value)) is not None:
                self.applied += 1
                setattr(module, name, registered)
        return ask(module, *args, **kwargs)


def _registered(value: Any) -> nn.Module | None:
    parts = list(value.values()) if type(value) is dict else value
    if type(value) not in (list, tuple, dict) or not parts:
        return None
    if all(isinstance(part, nn.Module) for part in parts):
        if type(value) is not dict:
            return nn.ModuleList(parts)
        plain = all(isinstance(key, str) and "." not in key and not hasattr(nn.ModuleDict, key) for key in value)
        return nn.ModuleDict(value) if plain else None
    if all(isinstance(part, nn.Parameter) for part in parts) and type(value) is not dict:
        return nn.ParameterList(parts)
    return None
