"""A scratch copy of the user's directory to run in, so that nothing the script writes lands among the user's files.

The copy is made for reading and for writing alike: files up to 8 MB are copied; larger ones, folders of very many
files, and all beyond a budget of entries and bytes are links, read where they are. `guard` (in the running child)
gives a linked file or folder a place of its own at the first write that Python hears of, and before `torch.save`.
What is written by absolute path, or through a link by native code, is out of its reach; `shield` catches it on Linux.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from nndoctor.probe import CannotMeasure

LARGEST_COPIED = 8 << 20
LARGEST_CHECKPOINT = 256 << 20
BUDGET_BYTES = 1 << 30
BUDGET_ENTRIES = 20_000
CROWD = 2_000
"""A folder with more entries than this holds data, not code."""

SKIPPED = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache"})
CHECKPOINTS = frozenset({".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5", ".pkl", ".npz", ".onnx"})
"""Written again by native code, so copied even when they are larger."""

PROJECT_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.utime": 1,
    "shutil.rmtree": 1,
    "sqlite3.connect": 1,
}
"""Audit events that change a file, and how many paths they begin with."""


@dataclass(frozen=True, slots=True)
class _Copy:
    container: str
    parent: str
    root: str


_COPIES: dict[str, _Copy] = {}
"""The copies that exist, by the folder made: kept here, so that a forked child knows them too."""


@dataclass(slots=True)
class _Budget:
    entries: int = BUDGET_ENTRIES
    bytes: int = BUDGET_BYTES


def copy(directory: Path, scratch: Path) -> Path:
    """Mirrors the project around `directory` in a new folder under `scratch`; gives the directory's mirror.

    The project is the nearest folder above with a mark of one (.git, pyproject.toml), else the directory itself.
    Its siblings are linked, so that `../data` is found.
    """
    directory = directory.resolve()
    root = project(directory)
    scratch.mkdir(parents=True, exist_ok=True)
    container = os.path.realpath(tempfile.mkdtemp(prefix="copy-", dir=scratch))
    made = _Copy(container, str(root.parent), str(root))
    _COPIES[container] = made
    _link_siblings(made, str(scratch.resolve()))
    target = container if root == root.parent else os.path.join(container, root.name)
    _mirror(str(root), target, whole=root not in (root.parent, Path.home()), scratch=str(scratch.resolve()))
    return Path(mirrored(str(directory)))


def discard(directory: Path) -> None:
    """Removes the copy that holds this directory; what its links point to stays."""
    found = _holding(str(directory))
    if found is not None:
        del _COPIES[found.container]
        shutil.rmtree(found.container, ignore_errors=True)


def original(path: str) -> str:
    """The user's own path for an absolute path inside a copy; any other path as it is."""
    found = _holding(path)
    return path if found is None else os.path.normpath(found.parent + os.sep + path[len(found.container) :])


def originals(text: str) -> str:
    """A text (a traceback) with every path into a copy written as the user knows it."""
    for made in _COPIES.values():
        text = text.replace(made.container, made.parent.rstrip(os.sep))
    return text


def mirrored(path: str) -> str:
    """Where the copy keeps a user's absolute path; the path as it is if it lies outside what was copied."""
    for made in reversed(_COPIES.values()):
        if path == made.root or path.startswith(made.root.rstrip(os.sep) + os.sep):
            return os.path.normpath(made.container + os.sep + path[len(made.parent) :])
    return path


def rewrite(file: str, text: str) -> None:
    """Gives the copy's mirror of a user's file this text. Raises CannotMeasure where the copy has only a link to it."""
    mirror = mirrored(os.path.realpath(file))
    if mirror == os.path.realpath(file) or os.path.realpath(mirror) != mirror:
        raise CannotMeasure(f"{file} lies outside of what is copied, so its change can't be tried")
    with open(mirror, "w", encoding="utf-8", newline="") as copied:
        copied.write(text)


def mirrored_argument(argument: str) -> str:
    """A command line argument, `--out=PATH` too, with an absolute path of the user's project led into the copy."""
    name, equals, value = argument.rpartition("=")
    return f"{name}{equals}{mirrored(value)}" if os.path.isabs(value) else argument


def guard(torch: Any = None) -> None:
    """From now on, in this process and for good, a write through a link of a copy first gives it its own place."""
    if not _COPIES:
        return
    sys.addaudithook(_hear)
    if torch is not None:
        torch.save = torch.serialization.save = _guarding(torch.save)


def _guarding(save: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(save)
    def saving(obj: Any, f: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(f, str | os.PathLike):
            with suppress(OSError, ValueError):  # which torch will say better
                own(os.fsdecode(f))
        return save(obj, f, *rest, **named)

    return saving


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        paths = arguments[:1] if isinstance(arguments[2], int) and arguments[2] & _WRITING else ()
    elif event in _CHANGES:
        paths = arguments[: _CHANGES[event]]
    else:
        return
    for path in paths:
        if isinstance(path, str | bytes | os.PathLike):
            with suppress(OSError, ValueError):
                own(os.fsdecode(path), itself=event not in ("os.remove", "os.rename", "os.rmdir"))


def own(path: str, *, itself: bool = True) -> None:
    """Makes every link along a path of a copy a file or folder of its own; the last part only if `itself`."""
    path = os.path.abspath(path)
    found = _holding(path)
    if found is None:
        return
    parts = os.path.relpath(path, found.container).split(os.sep)
    walked = found.container
    for number, part in enumerate(parts, 1):
        walked = os.path.join(walked, part)
        if os.path.islink(walked) and (itself or number < len(parts)):
            _unfold(walked)


def _unfold(link: str) -> None:
    target = os.path.realpath(link)
    if _holding(target) is not None:
        return
    if os.path.isdir(target):
        os.unlink(link)
        os.mkdir(link)
        with os.scandir(target) as entries:
            for entry in entries:
                os.symlink(entry.path, os.path.join(link, entry.name))
    elif os.path.isfile(target):
        os.unlink(link)
        shutil.copy2(target, link)


def _holding(path: str) -> _Copy | None:
    return next((made for made in _COPIES.values() if path.startswith(made.container + os.sep)), None)


def project(directory: Path) -> Path:
    """The nearest folder that bears a mark of a project, the directory itself if none does."""
    for folder in (directory, *directory.parents[:3]):
        if folder in (Path.home(), folder.parent):
            break
        if any((folder / mark).exists() for mark in PROJECT_MARKS):
            return folder
    return directory


def _link_siblings(made: _Copy, scratch: str) -> None:
    if made.root == made.parent:
        return
    with suppress(OSError), os.scandir(made.parent) as entries:
        for number, entry in enumerate(entries):
            if number > CROWD:
                break
            if entry.path != made.root and not _within(scratch, entry.path):
                os.symlink(entry.path, os.path.join(made.container, entry.name))


def _mirror(root: str, target: str, *, whole: bool, scratch: str) -> None:
    """Breadth first, so that the code near the top is copied before the budget is spent on data further down."""
    os.makedirs(target, exist_ok=True)
    left = _Budget()
    folders = deque([(root, target)])
    while folders:
        source, mirror = folders.popleft()
        for entry in _entries(source):
            place = os.path.join(mirror, entry.name)
            if entry.name in SKIPPED or entry.path == scratch:
                continue
            left.entries -= 1
            with suppress(OSError):
                if entry.is_symlink():
                    os.symlink(_relinked(entry.path, root), place)
                elif not entry.is_dir():
                    _bring(entry, place, left)
                elif _is_environment(entry.path):
                    continue
                elif not whole or left.entries <= 0 or _crowded(entry.path):
                    os.symlink(entry.path, place)
                else:
                    os.mkdir(place)
                    folders.append((entry.path, place))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _bring(entry: os.DirEntry[str], place: str, left: _Budget) -> None:
    size = entry.stat().st_size
    limit = LARGEST_CHECKPOINT if os.path.splitext(entry.name)[1] in CHECKPOINTS else LARGEST_COPIED
    if entry.is_file() and size <= min(limit, left.bytes) and left.entries > 0 and os.access(entry.path, os.R_OK):
        left.bytes -= size
        shutil.copy2(entry.path, place)
    else:
        os.symlink(entry.path, place)


def _relinked(link: str, root: str) -> str:
    """A link's text in the copy: the same if it leads to a place within the copy, else the absolute target."""
    text = os.readlink(link)
    target = os.path.normpath(os.path.join(os.path.dirname(link), text))
    return os.path.relpath(target, os.path.dirname(link)) if _within(target, root) else target


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_environment(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "pyvenv.cfg")) or os.path.isdir(os.path.join(folder, "conda-meta"))


def _crowded(folder: str) -> bool:
    with os.scandir(folder) as entries:
        return any(number >= CROWD for number, _ in enumerate(entries))
