"""Units dropped in evaluation mode: the first calls of each model in that mode are listened to for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nndoctor.case import Place
from nndoctor.evaluating import EvalCallSeen
from nndoctor.worker.chased import Chased
from nndoctor.worker.journal import Journal
from nndoctor.worker.models import Known
from nndoctor.worker.places import Places
from nndoctor.worker.scoring import Scores
from nndoctor.worker.tensors import found_in, readable

CALLS = 6
"""A mode costs up to half a call: so many of each model are listened to."""
DROPOUTS = {
    "dropout": True,
    "dropout1d": True,
    "dropout2d": True,
    "dropout3d": True,
    "feature_dropout": True,
    "alpha_dropout": False,
    "feature_alpha_dropout": False,
}
"""By name, whether they drop where nothing is said of training."""
DRAWN = ("bernoulli", "rand", "rand_like", "uniform")
COMPARED = ("lt", "le", "gt", "ge", "invert", "logical_not")
SHIFTED = ("add", "radd", "sub", "rsub", "div", "truediv", "floor", "round")
RECAST = ("float", "bool", "to", "type", "type_as", "unsqueeze", "view", "reshape", "expand", "expand_as")
PASSED_ON = frozenset((*COMPARED, *SHIFTED, *RECAST))
TIMES = frozenset(("mul", "rmul", "imul", "multiply"))


class Dropping(TorchFunctionMode):
    """Notes each dropout of a call, and each product with a random mask of zeros and one other value."""

    def __init__(self, places: Places, given: Any) -> None:
        """`given` are the arguments of the call."""
        super().__init__()
        self._places = places
        self._own = {tensor.data_ptr() for _, tensor in found_in(given) if readable(tensor)}
        self._random: list[Tensor] = []
        self._held: list[Tensor] = []
        self.found: dict[Place, str] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function as it would have been called, then looks at what it was."""
        kwargs = kwargs or {}
        name = str(getattr(func, "__name__", "")).strip("_")
        spoils = (_drops(name, args, kwargs) or self._is_masking(name, args)) and self._spoils(name, args, kwargs)
        # a loss function is wrapped by the tap, and its wrapper is at work already
        result = getattr(func, "unwatched", func)(*args, **kwargs)
        given = name in PASSED_ON | TIMES and any(self._is_random(value) for value in args)
        if isinstance(result, Tensor) and (name in DRAWN or given):
            self._random.append(result)
        elif spoils and isinstance(result, Tensor) and readable(result):
            self._own.add(result.data_ptr())
            self._held.append(result)
        return result

    def _is_random(self, value: Any) -> bool:
        return isinstance(value, Tensor) and any(value is drawn for drawn in self._random)

    def _is_masking(self, name: str, args: tuple[Any, ...]) -> bool:
        """Whether it multiplies by a mask, or fills zeros in by one."""
        random = [self._is_random(value) for value in args]
        if True not in random:
            return False
        if name in TIMES and len(args) == 2:
            other = args[random.index(False)] if False in random else None
            return isinstance(other, Tensor) and other.is_floating_point() and _is_mask(args[random.index(True)])
        value = args[2] if name in ("masked_fill", "setitem", "where") and len(args) > 2 else None
        return isinstance(value, int | float) and value == 0 and random.index(True) == (name != "where")

    def _spoils(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether the model's own input is dropped; what else is, is noted."""
        dropped = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        changed = [tensor for tensor in dropped if not self._is_random(tensor)]
        if any(readable(tensor) and tensor.data_ptr() in self._own for tensor in changed):
            return True
        place = self._places.here()
        if place is not None:
            self.found.setdefault(place, name if name in DROPOUTS else "attention" if "attention" in name else "mask")
        return False


class EvalCalls:
    """Puts the mode on for the first calls of each model that is in evaluation mode as a whole."""

    def __init__(self, journal: Journal, places: Places, heard: Callable[[], bool], chased: Chased) -> None:
        """No call was listened to yet; `heard`: whether it is the user's code that calls, not the tap."""
        self._journal = journal
        self._places = places
        self._scores = Scores(journal, places, heard, chased)
        self._calls: Counter[int] = Counter()

    def called(self, run: Callable[[], Any], known: Known, module: nn.Module, *given: Any) -> Any:
        """Runs a call; `given` are the iteration and the arguments."""
        if known.compiled or torch._C._get_tracing_state() is not None:
            return run()
        output = self._listened(run, known, module, *given)
        if not torch.is_grad_enabled():
            self._scores.follow(known, output, given[0])
        return output

    def over(self) -> None:
        """Another call begins, or the run is over: what is made of the last output is known."""
        self._scores.leave()

    def _listened(self, run: Callable[[], Any], known: Known, module: nn.Module, *given: Any) -> Any:
        if self._calls[known.number] >= CALLS or module.training or known.active():
            return run()
        self._calls[known.number] += 1
        mode = Dropping(self._places, given)
        with mode:
            output = run()
        names = tuple(dict.fromkeys(mode.found.values()))
        self._journal.write(EvalCallSeen(known.number, given[0], names, tuple(mode.found)))
        return output


def _drops(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether units are dropped: asked for by a share above zero, and in training."""
    if name == "scaled_dot_product_attention":
        return _share(args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0))
    if name not in DROPOUTS:
        return False
    share = args[1] if len(args) > 1 else kwargs.get("p", 0.5)
    training = args[2] if len(args) > 2 else kwargs.get("training", kwargs.get("train", DROPOUTS[name]))
    return _share(share) and bool(training)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 1


def _is_mask(tensor: Tensor) -> bool:
    """Whether it holds zeros and one other value."""
    if not readable(tensor) or tensor.numel() > 1 << 22:
        return False
    zeros = tensor == 0
    rest = tensor[~zeros]
    return bool(zeros.any()) and rest.numel() > 0 and bool(rest.min() == rest.max())
