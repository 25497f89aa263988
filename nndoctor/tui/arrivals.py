"""What can be examined from here: scripts of the directory, saved cases, demo patients, and what the user types."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from nndoctor import notebook
from nndoctor.case import Patient, TargetKind

MOST_SCRIPTS = 200
MOST_CASES = 50
DEMO_SECONDS = 300.0
_HEAD_BYTES = 65_536
_TORCH = re.compile(rb"^\s*\"?(?:import|from)\s+(?:torch|lightning|pytorch_lightning|transformers|accelerate)\b", re.M)
_TRAINS = re.compile(rb"\.backward\(|\.fit\(|\.train\(|Trainer\(")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FACTORY = re.compile(r"(?!.*\.py:)[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_SUFFIXES = (".py", notebook.SUFFIX)
_REFUSALS: Mapping[notebook.Reason, str] = MappingProxyType(
    {
        "no_notebook": "intake.no_notebook",
        "no_python": "intake.no_python",
        "no_code": "intake.no_code",
        "awaits": "intake.awaits",
    }
)
_DEMOS = Path(__file__).parents[1] / "patients"


@dataclass(frozen=True, slots=True)
class Script:
    """A Python file or notebook of the directory; `trains` where its text looks like a training."""

    path: Path
    trains: bool


@dataclass(frozen=True, slots=True)
class SavedCase:
    """A consultation that can be reopened."""

    path: Path
    target: str
    symptoms: tuple[str, ...]
    probes: int
    modified: datetime


class NoTarget(Exception):
    """The text names no training; the message is a key of the catalogue, `what` the name it is about."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(key)
        self.key = key
        self.what = what


def scripts(directory: Path) -> list[Script]:
    """The Python files and notebooks of that directory, those that look like a training first."""
    try:
        files = [path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file()]
    except OSError:
        return []
    listed = (Script(path, _trains(path)) for path in sorted(files)[:MOST_SCRIPTS])
    return sorted(listed, key=lambda script: not script.trains)


def demos() -> list[Path]:
    """The sick patients that come with the package."""
    return sorted(path for path in _DEMOS.glob("**/*.py") if not path.name.startswith("_"))


def saved_cases(folder: Path) -> list[SavedCase]:
    """The cases saved in that folder, the newest first; what can't be read is left out."""
    try:
        found = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)[:MOST_CASES]
    except OSError:
        return []
    return [case for case in map(_saved_case, found) if case is not None]


def case_path(folder: Path, patient: Patient, when: datetime) -> Path:
    """Where a case that begins now is kept."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", Path(patient.target).stem).strip("-") or "case"
    return folder / f"{when:%Y%m%d-%H%M%S}-{name[:40]}.json"


def demo_patient(path: Path) -> Patient:
    """A patient that comes with the package, in its own folder."""
    return Patient(path.name, directory=str(path.parent), seconds=DEMO_SECONDS)


def patient_of(text: str, directory: Path) -> Patient:
    """The patient that a line such as `train.py --epochs 3` or `-m package.module` names.

    Raises NoTarget where it names none.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise NoTarget("intake.open_quote", text) from None
    if not words:
        raise NoTarget("intake.nothing", "")
    kind: TargetKind = "script"
    if words[0] == "-m":
        kind, words = "module", words[1:]
        if not words or not _MODULE.fullmatch(words[0]):
            raise NoTarget("intake.no_module", "")
    elif _FACTORY.fullmatch(words[0]) and not (directory / words[0]).exists():
        kind = "factory"
    else:
        words[0] = _script(words[0], directory)
    target, *arguments = words
    return Patient(target, kind, tuple(arguments[arguments[:1] == ["--"] :]), str(directory.resolve()))


def _script(typed: str, directory: Path) -> str:
    target = Path(typed).expanduser()
    path = directory / target
    if path.is_dir():
        raise NoTarget("intake.folder", typed)
    if not path.is_file():
        raise NoTarget("intake.no_such_file", typed)
    if notebook.is_notebook(typed):
        _check_notebook(path, typed)
    return str(target)


def _check_notebook(path: Path, typed: str) -> None:
    try:
        notebook.read(path)
    except notebook.NotRunnable as wrong:
        raise NoTarget(_REFUSALS[wrong.reason], typed) from wrong
    except OSError:
        raise NoTarget("intake.no_such_file", typed) from None


def _trains(path: Path) -> bool:
    try:
        with path.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return False
    return bool(_TORCH.search(head) and _TRAINS.search(head))


def _saved_case(path: Path) -> SavedCase | None:
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        case = row.get("case", row)
        return SavedCase(
            path,
            str(case["patient"]["target"]),
            tuple(str(symptom) for symptom in case.get("symptoms", ())),
            len(case.get("evidence", ())),
            datetime.fromtimestamp(path.stat().st_mtime).astimezone(),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
