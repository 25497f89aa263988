"""Takes the tap out again, in a process that lives on: what it set is as it was, and its hooks are gone."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import numpy
import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import nn
from torch.optim import Optimizer, lr_scheduler, optimizer
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from nndoctor.worker.aids import SWITCHES

OWNERS: tuple[Any, ...] = (
    os, random, numpy.random, torch, torch.random, torch.cuda, torch.autograd, torch.autograd.Function, torch.autocast,
    torch.Tensor, F, nn.init, nn.Module, nn.Parameter, Optimizer, DataLoader, _BaseDataLoaderIter, nn.utils,
    torch.amp.GradScaler, nn.utils.clip_grad, *{owner for _, owner, _ in SWITCHES},
    *{one for one in vars(lr_scheduler).values() if isinstance(one, type) and one.__module__ == lr_scheduler.__name__},
)  # fmt: skip
"""Where the tap and the interventions set attributes. That there are no others is tested."""
HOOKS: tuple[Any, ...] = (optimizer._global_optimizer_pre_hooks, optimizer._global_optimizer_post_hooks)
Put = TypeVar("Put")


@contextmanager
def put_back(install: Callable[[], Put]) -> Iterator[Put]:
    """Takes out whatever `install` has put in; what others set meanwhile is left to them."""
    were, known = [dict(vars(owner)) for owner in OWNERS], [set(hooks) for hooks in HOOKS]
    with ExitStack() as later:
        try:
            installed = install()
        finally:
            for owner, was in zip(OWNERS, were, strict=True):
                for name in [name for name, now in vars(owner).items() if was.get(name) is not now]:
                    later.callback(_restore, owner, name, was)
            for hooks, old in zip(HOOKS, known, strict=True):
                for key in set(hooks) - old:
                    later.callback(hooks.pop, key, None)
        yield installed


def _restore(owner: Any, name: str, was: dict[str, Any]) -> None:
    if name in was:
        setattr(owner, name, was[name])
    else:
        delattr(owner, name)
