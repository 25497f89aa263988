"""A model's call that is attended to: what is looked at before it, within it and after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import nn

from nndoctor.worker.models import Known


def attended(watch: Any, call: Callable[..., Any], module: nn.Module, known: Known, given: tuple[Any, Any]) -> Any:
    """Calls the module, and looks; `watch` is the one whose turn it is."""
    began = perf_counter()
    begun = watch.passes.begins(known, module, given, watch.iteration)
    watch.steps.token("F")
    watch.purse.took(perf_counter() - began, close=watch.close)
    output = _called(watch, partial(call, module, *given[0], **given[1]), module, known, given)
    began, watch.busy = perf_counter(), True
    try:
        watch.passes.ends(begun, given, output, close=watch.attention.describes())
        watch.purse.took(perf_counter() - began, close=watch.close)
        if begun.graph:
            with watch.purse.paying():
                watch.memory.look_within(watch.iteration, watch.passes.graphs_waiting())
    finally:
        watch.busy = False
    return output


def _called(watch: Any, run: Callable[[], Any], module: nn.Module, known: Known, given: tuple[Any, Any]) -> Any:
    if not (watch.compiled or (module.training and torch.is_grad_enabled())):
        run = partial(watch.eval_calls.called, run, known, module, watch.iteration, given)
    watch.inside = True
    try:
        if not watch.close or known.compiled or watch.compiled:
            # a mode would break compiled graphs
            return run()
        if torch.is_grad_enabled():
            return watch.window.forward(run, known, watch.iteration)
        return watch.window.look(run, known)
    finally:
        watch.inside = False
