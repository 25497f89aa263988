"""Writes a patch into the user's file: whole or not at all, with what was there before kept beside it."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from nndoctor.edit.patch import Patch, read
from nndoctor.edit.source import CannotEdit

BACKUP = ".before-nndoctor"


def rewrite(patch: Patch) -> Path:
    """Gives the file that keeps what was there; its mode stays. Raises CannotEdit where it can't be written."""
    path = Path(patch.file).resolve()  # a link stays a link
    if read(str(path)) != (patch.before, patch.encoding):
        raise CannotEdit(f"{patch.file} has changed meanwhile")
    try:
        backup = _kept(path)
        _written(path, patch.after.encode(patch.encoding))
    except OSError as wrong:
        raise CannotEdit(f"{patch.file} can't be written: {wrong.strerror}") from wrong
    return backup


def _kept(path: Path) -> Path:
    """A copy under a name that is free: an older copy is never written over."""
    number = 1
    while True:
        backup = path.with_name(f"{path.name}{BACKUP}{'' if number == 1 else f'.{number}'}")
        try:
            with backup.open("xb") as copy:
                copy.write(path.read_bytes())
        except FileExistsError:
            number += 1
        else:
            shutil.copystat(path, backup)
            return backup


def _written(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as beside:
            beside.write(content)
            beside.flush()
            os.fsync(beside.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
