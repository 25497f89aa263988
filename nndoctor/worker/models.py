"""Who is who: numbers for the user's models, names for their parameters, and how they stood at their first call."""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
import math
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from nndoctor.case import Place
from nndoctor.seen import ModelSeen, ModuleSeen, ParameterSeen
from nndoctor.worker.journal import Journal
from nndoctor.worker.likeness import equal_along
from nndoctor.worker.origins import Origins
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import finite, memory_of, readable, strided

MOST_MODULES = 2000
SENSITIVE = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)


def _unheard(look: Callable[..., ParameterSeen]) -> Callable[..., ParameterSeen]:
    """Not seen by a mode that notes the user's operations."""

    @functools.wraps(look)
    def looked(*args: Any) -> ParameterSeen:
        with torch._C.DisableTorchFunction():
            return look(*args)

    return looked


class Known:
    """What is kept of one model between its calls."""

    __slots__ = ("compiled", "feeds", "laid_out", "number", "passed", "sensitive")

    def __init__(self, module: nn.Module, number: int) -> None:
        """`number` is the model's own; `feeds` becomes True when another model was trained through it; `passed` is the
        last iteration in which a call of it was passed by; `laid_out`: the order of its inputs' axes was looked at."""
        self.number = number
        self.feeds = self.laid_out = False
        self.passed = -1
        self.compiled = type(module).__name__ == "OptimizedModule"
        # the modules whose work depends on train() and eval()
        self.sensitive = [part for part in module.modules() if _mode_matters(part)]

    def active(self) -> int:
        """How many of the mode-sensitive submodules are in training mode."""
        return sum(part.training for part in self.sensitive)


class Models:
    """All modules that the user's code called itself and that own parameters."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """No model is known yet."""
        self._journal = journal
        self._places = places
        self.met: dict[int, tuple[weakref.ref[nn.Module], Known | None]] = {}
        """By id; None for those without parameters."""
        self._names: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self._modules: list[weakref.ref[nn.Module]] = []
        self._loaded: dict[int, weakref.ref[Tensor]] = {}
        self._anew: set[int] = set()
        self._copies: dict[int, tuple[weakref.ref[Tensor], str]] = {}
        self._bare: dict[str, weakref.ref[Tensor]] = {}
        self.alike: dict[str, tuple[int, ...]] = {}
        self.origins = Origins(places, self._was_refilled)

    def meet(self, module: nn.Module) -> Known | None:
        """What is known of this model, recorded at its first call; None for modules without parameters."""
        entry = self.met.get(id(module))
        if entry is not None and entry[0]() is module:
            return entry[1]
        parameters: list[tuple[str, Tensor]] = list(module.named_parameters(remove_duplicate=True))
        if any(is_lazy(parameter) for _, parameter in parameters):
            return None
        known = self._introduce(module, parameters) if parameters else None
        self.met[id(module)] = (weakref.ref(module), known)
        return known

    def _introduce(self, module: nn.Module, parameters: list[tuple[str, Tensor]]) -> Known:
        number = len(self._modules)
        self._modules.append(weakref.ref(module))
        known = Known(module, number)
        for part in module.modules():
            # what the transformers library keeps of from_pretrained()
            if isinstance(hub := getattr(part, "name_or_path", None), str) and hub:
                self.was_loaded(part)
        for name, parameter in parameters:
            if not self.is_known(parameter):
                self._names[id(parameter)] = (weakref.ref(parameter), f"{number}:{name}")
        parts = dict(module.named_modules())
        self._journal.write(
            ModelSeen(
                number,
                type(module).__name__,
                self._places.here(),
                tuple(
                    self._parameter(name, p, str(number), _units_of(parts.get(name.rpartition(".")[0]), p))
                    for name, p in parameters
                ),
                tuple(self._module(name, part, parts) for name, part in itertools.islice(parts.items(), MOST_MODULES)),
                known.compiled,
                "keras" if any(kind.__module__.partition(".")[0] == "keras" for kind in type(module).__mro__) else "",
            )
        )
        return known

    def meet_bare(self, leaves: Iterable[Tensor], factors: set[int]) -> None:
        """Numbers the leaves of a graph that are of no known model; describes those that weigh in a product.

        `factors` are the ids of these. A weight that a loop by hand replaces at each step inherits the number.
        """
        for leaf in leaves:
            if "#" in (name := self.name_of(leaf)) or self.is_known(leaf):
                continue
            number = next(n for n in itertools.count() if self._is_free(f"{name}#{n}"))
            numbered = f"{name}#{number}"
            new = numbered not in self._bare
            self._bare[numbered] = reference = weakref.ref(leaf)
            self._names[id(leaf)] = (reference, numbered)
            if new and id(leaf) in factors and leaf.is_floating_point():
                self._journal.write(self._parameter(numbered.removeprefix("?:"), leaf, "?", range(leaf.dim())))

    def _is_free(self, name: str) -> bool:
        return name not in self._bare or self._bare[name]() is None

    def name_of(self, parameter: Tensor) -> str:
        """ "<model>:<name>", or "?:<shape>" for a tensor that is no parameter of a known model, "#<n>" if met bare."""
        entry = self._names.get(id(parameter))
        if entry is not None and entry[0]() is parameter:
            return entry[1]
        return "?:" + "x".join(str(size) for size in parameter.shape)

    def is_known(self, parameter: Tensor) -> bool:
        """Whether it is a parameter of a model that was called."""
        return not self.name_of(parameter).startswith("?")

    def trainable_of(self, number: int) -> list[tuple[str, Tensor]]:
        """The trainable parameters of a model that is still alive, with their full names."""
        module = self._modules[number]()
        if module is None:
            return []
        return [(self.name_of(p), p) for p in module.parameters() if p.requires_grad]

    def name_of_module(self, wanted: nn.Module) -> str:
        """The dotted path of a submodule in its model, "" if it is none."""
        for reference in self._modules:
            module = reference()
            for name, part in module.named_modules() if module is not None else ():
                if part is wanted:
                    return name or type(part).__name__
        return ""

    def backward_of(self, function: Any) -> Place | None:
        """Where an autograd function of the user's own has its backward; None for one of a library."""
        code = getattr(inspect.unwrap(getattr(function, "backward", function)), "__code__", None)
        if code is None or not self._places.is_user(code.co_filename):
            return None
        after = itertools.islice(itertools.count(code.co_firstlineno), 8)  # of its decorators
        lines = [(number, linecache.getline(code.co_filename, number).strip()) for number in after]
        number, text = next((line for line in lines if line[1].startswith("def ")), lines[0])
        return self._places.named(code.co_filename, number, text, function.__qualname__)

    def was_loaded(self, module: nn.Module) -> None:
        """Notes that these weights came from a file, a hub or another model."""
        self.were_learnt(module.parameters())

    def were_learnt(self, parameters: Iterable[Tensor]) -> None:
        """Notes that these are no start values, wherever they came from."""
        for parameter in parameters:
            self._loaded[id(parameter)] = weakref.ref(parameter)
            self._anew.discard(memory_of(parameter))

    def was_copied(self, parameter: Tensor, copy: Tensor) -> None:
        """Notes a deep copy: one of a parameter whose model was called before may have been trained."""
        self.origins.copied(parameter, copy)
        self._anew.discard(memory_of(copy))
        if self._is_loaded(parameter):
            self.were_learnt([copy])
        if self.is_known(parameter):
            self._copies[id(copy)] = (weakref.ref(copy), self.name_of(parameter))

    def _was_refilled(self, tensor: Tensor) -> None:
        """Notes start values of its own, whatever it held before; `weight.data` is known by its memory only."""
        self._loaded.pop(id(tensor), None)
        self._copies.pop(id(tensor), None)
        if not isinstance(tensor, nn.Parameter) and (memory := memory_of(tensor)):
            self._anew.add(memory)

    def _is_loaded(self, parameter: Tensor) -> bool:
        reference = self._loaded.get(id(parameter))
        return reference is not None and reference() is parameter and memory_of(parameter) not in self._anew

    def _copied_from(self, parameter: Tensor) -> str:
        reference, name = self._copies.get(id(parameter), (None, ""))
        return "" if reference is None or reference() is not parameter or memory_of(parameter) in self._anew else name

    @torch.no_grad()
    @_unheard
    def _parameter(self, name: str, parameter: Tensor, number: str, units: Iterable[int]) -> ParameterSeen:
        plain = parameter.detach()
        numbers: dict[str, Any] = dict.fromkeys(("mean", "std", "largest"))
        equal: tuple[int, ...] = ()
        zero, nonfinite = False, 0
        if readable(plain) and plain.is_floating_point():
            sample = strided(plain, 1 << 18).double()
            nonfinite = int((~torch.isfinite(plain)).sum())
            std, mean = torch.std_mean(sample, correction=0)
            numbers = {
                "mean": finite(mean.item()),
                "std": finite(std.item()),
                "largest": finite(sample.abs().max().item()),
            }
            zero = numbers["largest"] == 0.0 and not bool(plain.any())
            equal = equal_along(plain, units) if plain.dim() > 1 else ()
        known = self.name_of(parameter)
        if equal:
            self.alike[known] = equal
        return ParameterSeen(
            name=name,
            shape=tuple(plain.shape),
            dtype=str(plain.dtype).removeprefix("torch."),
            device=plain.device.type,
            trainable=parameter.requires_grad,
            loaded=self._is_loaded(parameter),
            nonfinite=nonfinite,
            zero=zero,
            identical_slices=bool(equal),
            fan_in=math.prod(plain.shape[1:]) if plain.dim() > 1 else 1,
            known_as="" if known == f"{number}:{name}" else known,
            copied_from=self._copied_from(parameter),
            place=self.origins.of(parameter) if readable(plain) else None,
            **numbers,
        )

    def _module(self, name: str, part: nn.Module, parts: Mapping[str, nn.Module]) -> ModuleSeen:
        holder = parts.get(name.rpartition(".")[0]) if name else None
        row = holder._modules.values() if isinstance(holder, nn.ModuleList | nn.Sequential) else ()
        repeats = max(1, sum(one is part for one in row))
        multiplied = self.origins.multiplied(part) if repeats > 1 else None
        return ModuleSeen(name, type(part).__name__, _settings(part), repeats, multiplied)


def _units_of(owner: nn.Module | None, parameter: Tensor) -> tuple[int, ...]:
    """The axes along which its units may lie: the first in torch's layers, either in a matrix of the user's own."""
    torchs = owner is None or type(owner).__module__.startswith("torch.nn.")
    own = not torchs or isinstance(owner, nn.ParameterList | nn.ParameterDict)
    return (0, 1) if own and parameter.dim() == 2 else (0,)


def _mode_matters(part: nn.Module) -> bool:
    if isinstance(part, nn.RNNBase | nn.MultiheadAttention):
        # their dropout is no module of its own; in an RNN it stands between layers only
        return part.dropout > 0 and getattr(part, "num_layers", 2) > 1
    if not isinstance(part, SENSITIVE):
        return False
    return bool(getattr(part, "p", 1.0)) and getattr(part, "track_running_stats", True)


def _settings(part: nn.Module) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in vars(part).items()
        if isinstance(value, int | float) and not key.startswith("_") and key != "training" and math.isfinite(value)
    }
