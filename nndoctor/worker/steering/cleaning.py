"""When gradients are cleared: before the first backward pass after a step, and not where the script does it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.worker.by_hand import sample_of
from nndoctor.worker.graph import walk
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked


class Cleaning(Steering):
    """Puts off each cleaning to the next backward pass, and adds one after each step.

    A cleaning that the script asks for is not lost: in a GAN the gradients that one net got from the other's loss must
    go. Weights that move without an optimizer's step are cleaned by the same rule.
    """

    needs = "no step after which gradients could be cleared"

    def __init__(self) -> None:
        """Nothing is to be cleared yet."""
        super().__init__()
        self._due = Marked()
        self._clean: dict[type, Any] = {}
        self._steps = False
        self._by_hand: list[tuple[Marked, Tensor]] = []

    def install(self, around: Around) -> None:
        """Round zero_grad(), before backward passes and after steps."""
        self._clean = {Optimizer: Optimizer.zero_grad, torch.nn.Module: torch.nn.Module.zero_grad}
        around.cleaning(self._asked)
        around.backward(self._backward)
        around.steps(lambda _: None, self._stepped)

    def _asked(self, _: Any, owner: Any, *__: Any, **___: Any) -> None:
        self._due.add(owner)

    def _stepped(self, optimizer: Optimizer) -> None:
        self._steps = True
        self._due.add(optimizer)

    def _backward(self, loss: Any) -> None:
        for owner in self._due:
            self.applied += 1
            kind = Optimizer if isinstance(owner, Optimizer) else torch.nn.Module
            self._clean[kind](owner)
            self._due.discard(owner)
        if not self._steps and isinstance(loss, Tensor):
            self._clean_by_hand(loss)

    @torch.no_grad()
    def _clean_by_hand(self, loss: Tensor) -> None:
        for marked, before in self._by_hand:
            for weight in marked:
                if weight.grad is not None and not torch.equal(sample_of(weight), before):
                    self.applied += 1
                    weight.grad = None
        self._by_hand = []
        for leaf in walk(loss).leaves:
            marked = Marked()
            marked.add(leaf)
            self._by_hand.append((marked, sample_of(leaf).clone()))
