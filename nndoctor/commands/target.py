"""What TARGET names: a script, a notebook, a module, a factory, or something that can't be examined."""

from __future__ import annotations

import difflib
import math
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from nndoctor import notebook
from nndoctor.case import Patient, Rehearse
from nndoctor.commands.options import Refusal

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def patient_of(
    words: Sequence[str], module: str, python: str, seconds: float, rehearse: Rehearse = "as_needed"
) -> Patient:
    """The patient that a command line names: `module` after -m, else the first word. Raises Refusal for none."""
    if not math.isfinite(seconds):
        raise Refusal("--budget takes a number of seconds, as --budget 120.")
    directory = str(Path.cwd())
    interpreter = _interpreter(python)
    if module:
        if not _MODULE.fullmatch(module):
            raise Refusal(f"-m takes a module such as package.train, not {module!r}. For a file leave -m out.")
        return Patient(module, "module", tuple(words), directory, interpreter, seconds, rehearse)
    if not words:
        raise Refusal("no target. Name the script that trains: nndoctor examine train.py")
    target, *arguments = words
    if _FACTORY.fullmatch(target) and not Path(target).exists():
        _check_factory(target)
        return Patient(target, "factory", tuple(arguments), directory, interpreter, seconds, rehearse)
    _check_script(target)
    return Patient(target, "script", tuple(arguments), directory, interpreter, seconds, rehearse)


def _check_script(target: str) -> None:
    path = Path(target)
    if path.is_file():
        if notebook.is_notebook(target):
            _check_notebook(target)
        return
    if path.is_dir():
        raise Refusal(f"{target} is a folder. Name the script in it that trains, or a module: -m package.module")
    raise Refusal(f"there is no file {target!r} in {Path.cwd()}.{_meant(target)}")


def _check_factory(target: str) -> None:
    module, _, name = target.partition(":")
    if module.endswith(".py"):
        raise Refusal(f"{target}: a factory is named by its module: {module.removesuffix('.py')}:{name}")


def _check_notebook(target: str) -> None:
    try:
        notebook.read(target)
    except notebook.NotRunnable as wrong:
        raise Refusal(f"{target} can't be run as a notebook: {wrong}.") from wrong
    except OSError as wrong:
        raise Refusal(f"{target} can't be read: {wrong.strerror}.") from wrong


def _meant(target: str) -> str:
    folder = Path(target).parent
    scripts = (
        [path.name for path in folder.iterdir() if path.suffix in (".py", notebook.SUFFIX)] if folder.is_dir() else []
    )
    close = difflib.get_close_matches(Path(target).name, scripts, n=1)
    return f" Did you mean {folder / close[0]}?" if close else " `nndoctor --help` lists the commands."


def _interpreter(python: str) -> str:
    if python and shutil.which(str(Path(python).expanduser())) is None:
        raise Refusal(f"--python {python}: that can't be run. Name the interpreter that has your torch.")
    return python
