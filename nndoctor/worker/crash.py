"""The exception that ended the script, as a record: where, in which phase, and the tensors that did not fit."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType

from torch import Tensor, nn

from nndoctor.case import Place
from nndoctor.seen import TensorSeen
from nndoctor.trace import Crash, TensorNamed
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import tensor_seen

MOST_VARIABLES = 12
LONGEST_MESSAGE = 4000
OF_EVERY_MODULE = frozenset(vars(nn.Module()))
# innermost first: where in torch the exception came up
PHASES = (
    ("data", (os.path.join("torch", "utils", "data"),)),
    ("backward", (os.path.join("torch", "autograd"),)),
    ("step", (os.path.join("torch", "optim"), os.path.join("torch", "amp", "grad_scaler"))),
    ("loss", (os.path.join("nn", "modules", "loss"),)),
    ("forward", (os.path.join("nn", "modules"),)),
)
LOSS_FUNCTIONS = ("_loss", "cross_entropy", "with_logits", "kl_div", "loss_function")


def crash_of(
    error: BaseException, places: Places, models: Models, iteration: int, drawn: Iterable[tuple[str, Tensor]] = ()
) -> Crash:
    """The record of an exception that nobody caught; `drawn`: what the loaders gave last, for a GPU tells late."""
    lines = places.along(error.__traceback__)
    frames = list(_frames(error.__traceback__))
    module, settings = _module(frames, models)
    if "empty parameter list" in str(error):
        settings = registered(_modules_near(frames, places))
    elif type(error).__name__ == "OutOfMemoryError":
        # a model that does not even fit is never called
        settings = {**settings, "parameter_bytes": _parameter_bytes(_modules_near(frames, places))}
    return Crash(
        kind=type(error).__name__,
        message=_message(error)[:LONGEST_MESSAGE],
        phase=_phase(frames),
        place=lines[-1] if lines else _syntax_place(error, places),
        places=lines,
        module=module,
        settings=settings,
        variables=(*_tensors(frames, places), *_late(error, drawn)),
        iteration=iteration,
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # its __str__ is the script's own code
        return ""


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _syntax_place(error: BaseException, places: Places) -> Place | None:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return places.named(error.filename, error.lineno, (error.text or "").strip())
    return None


def _phase(frames: list[FrameType]) -> str:
    for frame in reversed(frames):
        name, file = frame.f_code.co_name, frame.f_code.co_filename
        if name.endswith(LOSS_FUNCTIONS) and f"{os.sep}torch{os.sep}" in file:
            return "loss"
        for phase, parts in PHASES:
            if any(part in file for part in parts):
                return phase
    return "other"


def _module(frames: list[FrameType], models: Models) -> tuple[str, dict[str, float]]:
    """The innermost torch module whose code was running, by its path in the model, and its sizes."""
    for frame in reversed(frames):
        owner = frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            settings = {
                key: float(value)
                for key, value in vars(owner).items()
                if isinstance(value, int | float) and not key.startswith("_") and math.isfinite(value)
            }
            return models.name_of_module(owner) or type(owner).__name__, settings
    return "", {}


def _modules_near(frames: list[FrameType], places: Places) -> list[nn.Module]:
    """The modules among the variables of the user's innermost frame that has some, or in an object there."""
    for frame in reversed(frames):
        if places.is_user(frame.f_code.co_filename):
            values = list(frame.f_locals.values())
            inner = [part for value in values if not isinstance(value, type) for part in _attributes(value)]
            found = [value for value in (*values, *inner) if isinstance(value, nn.Module)]
            if found:
                return found
    return []


def _attributes(value: object) -> list[object]:
    return list(vars(value).values()) if hasattr(value, "__dict__") and not isinstance(value, nn.Module) else []


def registered(modules: Iterable[nn.Module]) -> dict[str, float]:
    """How many of their parameters they know, and how many lie hidden in plain lists and dictionaries of theirs."""
    known = {id(p) for module in modules for p in module.parameters()}
    hidden: set[int] = set()
    parts = [part for module in modules for part in module.modules()]
    met = set(map(id, parts))
    while parts:
        for value in _contents(value for key, value in vars(parts.pop()).items() if key not in OF_EVERY_MODULE):
            own = [value] if isinstance(value, nn.Parameter) else list(value.parameters())
            hidden |= {id(parameter) for parameter in own} - known
            new = [part for part in value.modules() if id(part) not in met] if isinstance(value, nn.Module) else []
            met.update(map(id, new))
            parts += new
    return {"registered": float(len(known)), "hidden": float(len(hidden))}


def _parameter_bytes(modules: Iterable[nn.Module]) -> float:
    parameters = {id(p): p for module in modules for p in module.parameters()}
    return float(sum(p.numel() * p.element_size() for p in parameters.values()))


def _contents(values: Iterable[object], depth: int = 3) -> Iterator[nn.Module | nn.Parameter]:
    """The modules and parameters within lists, tuples and dictionaries."""
    for value in values:
        if isinstance(value, nn.Module | nn.Parameter):
            yield value
        elif isinstance(value, list | tuple | dict) and depth:
            yield from _contents(list(value.values() if isinstance(value, dict) else value), depth - 1)


def _tensors(frames: list[FrameType], places: Places) -> Iterator[TensorNamed]:
    """The tensors among the variables of the innermost frames, down to the user's own."""
    found = 0
    for frame in reversed(frames):
        for name, value in list(frame.f_locals.items()):
            if isinstance(value, Tensor) and found < MOST_VARIABLES:
                found += 1
                yield TensorNamed(name, _described(name, value))
        if places.is_user(frame.f_code.co_filename):
            return


def _late(error: BaseException, drawn: Iterable[tuple[str, Tensor]]) -> Iterator[TensorNamed]:
    if "device-side assert" in str(error):
        for path, tensor in drawn:
            yield TensorNamed(f"drawn.{path}", tensor_seen(path, tensor))


def _described(name: str, tensor: Tensor) -> TensorSeen:
    try:
        return tensor_seen(name, tensor)
    except RuntimeError:
        # after a device-side assert nothing on the GPU can be read any more
        return tensor_seen(name, tensor, fully=False) if tensor.device.type == "cpu" else _shape_only(name, tensor)


def _shape_only(name: str, tensor: Tensor) -> TensorSeen:
    return TensorSeen(name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), tensor.device.type)
