"""The places where an intervention takes hold: wrappers set outside of the tap's, so that it sees the treated program.

They give way in forked children and other threads, while the compiler traces, within torch.func, and while the tap or
the intervention itself calls torch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import nn
from torch.optim import Optimizer, optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from nndoctor.worker.elsewhere import is_functional

Advice = Callable[..., Any]
"""Called instead of what it stands round, which it is given first, as a function of the arguments that follow."""


class Around:
    """Sets an intervention's wrappers; there is nothing in the program's way where none is set."""

    def __init__(self, listening: Callable[[], bool]) -> None:
        """`listening`: whether it is the run's own program that calls."""
        self._listening = listening
        self._at_work = False

    def here(self) -> bool:
        """Whether an intervention may act now."""
        return not torch.compiler.is_compiling() and not self._at_work and self._listening() and not is_functional()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within it the intervention's own calls are not steered."""
        before, self._at_work = self._at_work, True
        try:
            yield
        finally:
            self._at_work = before

    def wrapped(self, original: Callable[..., Any], advice: Advice) -> Callable[..., Any]:
        """The same function under advice."""

        @functools.wraps(original)
        def advised(*args: Any, **kwargs: Any) -> Any:
            return advice(original, *args, **kwargs) if self.here() else original(*args, **kwargs)

        return advised

    def models(self, advice: Advice) -> None:
        """`advice(call, module, args, kwargs)` round the outermost calls of modules that own parameters.

        Not where shapes alone are asked for, on the meta device, as Keras does to build a model.
        """
        original, inside = nn.Module.__call__, [False]

        def __call__(self_: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            if inside[0] or not self.here() or next(self_.parameters(), None) is None or _is_of_shapes(args):
                return original(self_, *args, **kwargs)
            inside[0] = True
            try:
                return advice(original, self_, args, kwargs)
            finally:
                inside[0] = False

        nn.Module.__call__ = __call__

    def losses(self, names: tuple[str, ...], advice: Advice) -> None:
        """`advice(name, loss, args, kwargs)` round torch's loss functions of these names."""
        for name in names:
            setattr(F, name, self.wrapped(getattr(F, name), _named(name, advice)))

    def functions(self, advice: Advice) -> None:
        """`advice(apply, kind, *args)` round the application of autograd functions of the script's own."""
        original: Any = vars(torch.autograd.Function)["apply"].__func__
        advised = self.wrapped(original, advice)

        def apply(kind: Any, *args: Any, **kwargs: Any) -> Any:
            own = not kind.__module__.startswith("torch.")
            return (advised if own else original)(kind, *args, **kwargs)

        torch.autograd.Function.apply = classmethod(apply)  # type: ignore[assignment]

    def backward(self, before: Callable[[Any], None], after: Callable[[], None] = lambda: None) -> None:
        """Before and after each backward pass; `before` is given what it starts from."""

        def advice(original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
            with self.at_work():
                before(args[0] if args else kwargs.get("tensors"))
            original(*args, **kwargs)
            with self.at_work():
                after()

        torch.autograd.backward = self.wrapped(torch.autograd.backward, advice)

    def steps(self, before: Callable[[Any], None], after: Callable[[Any], None] = lambda _: None) -> None:
        """Before each step of an optimizer, ahead of all other hooks, and after it, behind them."""
        pre: Any = optimizer._global_optimizer_pre_hooks
        post: Any = optimizer._global_optimizer_post_hooks
        first = register_optimizer_step_pre_hook(lambda stepping, *_: self._heard(before, stepping))
        last = register_optimizer_step_post_hook(lambda stepping, *_: self._heard(after, stepping))
        pre.move_to_end(first.id, last=False)
        post.move_to_end(last.id)

    def _heard(self, act: Callable[[Any], None], stepping: Optimizer) -> None:
        if self.here():
            with self.at_work():
                act(stepping)

    def stepping(self, advice: Advice) -> None:
        """`advice(step, optimizer, *args)` round each call of `step()`, hooks included, of classes not yet in use."""
        hook = Optimizer.profile_hook_step

        def profile_hook_step(step: Callable[..., Any]) -> Callable[..., Any]:
            return self.wrapped(hook(step), advice)

        Optimizer.profile_hook_step = staticmethod(profile_hook_step)  # type: ignore[assignment]

    def cleaning(self, advice: Advice) -> None:
        """`advice(clean, owner, *args)` round `zero_grad()` of optimizers and modules."""
        for kind in (Optimizer, nn.Module):
            kind.zero_grad = self.wrapped(kind.zero_grad, advice)

    def optimizers(self, built: Callable[[Any], None]) -> None:
        """After the making of each optimizer."""

        def advice(original: Callable[..., Any], self_: Optimizer, *args: Any, **kwargs: Any) -> None:
            original(self_, *args, **kwargs)
            with self.at_work():
                built(self_)

        Optimizer.__init__ = self.wrapped(Optimizer.__init__, advice)


def _is_of_shapes(args: tuple[Any, ...]) -> bool:
    return any(isinstance(one, torch.Tensor) and one.is_meta for one in args)


def _named(name: str, advice: Advice) -> Advice:
    return lambda original, *args, **kwargs: advice(name, original, args, kwargs)


class Steering:
    """One intervention at work. `applied` counts how often it changed something."""

    needs = ""
    """What is told where it never came to act; a run as it is has nothing to act on."""

    def __init__(self) -> None:
        """Nothing was changed yet."""
        self.applied = 0
        self.why = ""
        self.measured: dict[str, float] = {}

    def install(self, around: Around) -> None:
        """Takes hold of the program."""

    def install_for_life(self, around: Around) -> None:
        """Takes hold of what can't be let go again; in a run's own process only."""

    def refusal(self) -> str:
        """Why nothing was changed; "" where something was."""
        if self.applied or not self.needs:
            return ""
        return self.why or f"there was {self.needs}"
