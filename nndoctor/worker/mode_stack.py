"""torch's stack of function modes, from which one of ours is taken from under those of others."""

from __future__ import annotations

import torch
from torch.overrides import TorchFunctionMode, _pop_mode, _push_mode


def take_off(mode: TorchFunctionMode) -> None:
    """Takes that mode off; those put on after it stay, in their order."""
    above = []
    while torch._C._len_torch_function_stack():
        top = _pop_mode()
        if top is mode:
            break
        above.append(top)
    for other in reversed(above):
        _push_mode(other)
