"""What one run on one program brought, kept as a line of JSON by the digest of all that decides it."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from tests.admission import name_of, planted_in

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("nndoctor/**/*.py", "nndoctor/**/*.json", "probes/*.py", "knowledge/**/*.yaml")
UNCOUNTED = ("nndoctor/tui/", "nndoctor/patients/")
"""What no headless run on a script of the ward ever reads."""


@dataclass(frozen=True, slots=True)
class Said:
    """One finding. `trial` is the outcome of the trial of its cure, "" where none was made; `note` says more of it."""

    rule: str
    status: str
    trial: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A run: `planted` is the cause in a sick program, "" in a healthy one; `failure` says why there is no report."""

    program: str
    planted: str
    key: str = ""
    commit: str = ""
    seconds: float = 0.0
    failure: str = ""
    findings: tuple[Said, ...] = ()
    curve: Mapping[str, bool | float | str] = field(default_factory=dict)

    def line(self) -> str:
        """The result as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def result_in(line: str) -> Result:
    """The result that a line holds."""
    told = json.loads(line)
    findings = tuple(Said(**finding) for finding in told.pop("findings"))
    return Result(**told, findings=findings)


def results_in(kept: Path) -> Iterator[Result]:
    """What was kept so far; a line that was cut off in the middle counts for nothing."""
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else ():
        try:
            yield result_in(line)
        except (ValueError, TypeError, KeyError):
            continue


def told_in(report: str) -> tuple[tuple[Said, ...], dict[str, bool | float | str]]:
    """Findings in their order, and the facts of the loss curve, of a report as `nndoctor examine --json` writes it."""
    document = json.loads(report)
    findings = []
    for finding in document["findings"]:
        trial = finding["trial"] or {"outcome": "", "note": ""}
        findings.append(Said(finding["rule"], finding["status"], trial["outcome"], trial["note"]))
    curves = [probe["facts"] for probe in document["probes"] if probe["id"] == "loss_curve"]
    return tuple(findings), curves[0] if curves else {}


def planted(program: Path) -> str:
    """The cause in a sick program, "" in a healthy one, whatever disease it is the twin of."""
    return planted_in(program) if name_of(program).endswith("sick") else ""


def files_of(program: Path) -> list[Path]:
    """All files of a program."""
    if program.is_file():
        return [program]
    return sorted(path for path in program.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def key_of(program: Path) -> str:
    """A digest of the program, of our sources and of the interpreter and torch they ran with."""
    return _digest(files_of(program), program, _ours())


@cache
def _ours() -> str:
    paths = {path for pattern in SOURCES for path in ROOT.glob(pattern) if not path.name.endswith("_test.py")}
    counted = sorted(path for path in paths if not path.relative_to(ROOT).as_posix().startswith(UNCOUNTED))
    return _digest(counted, ROOT, f"{sys.version_info[:3]} {version('torch')}")


def _digest(paths: Iterable[Path], root: Path, seed: str) -> str:
    digest = hashlib.sha256(seed.encode())
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
