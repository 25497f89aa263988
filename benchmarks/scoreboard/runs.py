"""Examines programs of the ward as a user would, a few at a time, and ends them all when it is interrupted."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from benchmarks.scoreboard.results import ROOT, Result, files_of, key_of, planted, told_in
from tests.admission import admitted, name_of

BUDGET = 900
"""Seconds that an examination may take, as in the tests of the ward."""
PATIENCE = 1200


def missing_for(program: Path) -> list[str]:
    """The libraries that its files import, whatever happens, and that are not installed here."""
    files = [path for path in files_of(program) if path.suffix == ".py"]
    folders = [folder for path in files for folder in path.relative_to(program.parent).parents]
    own = {path.stem for path in files} | {folder.name for folder in folders}
    names = {name for path in files for name in _imported(ast.parse(path.read_text(encoding="utf-8")))}
    return sorted(name for name in names - own - sys.stdlib_module_names if find_spec(name) is None)


def _imported(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.partition(".")[0]


@dataclass(slots=True)
class Ward:
    """The examinations under way."""

    commit: str
    _under_way: set[subprocess.Popen[str]] = field(default_factory=set)
    _ended: bool = False
    _lock: Lock = field(default_factory=Lock)

    def results(self, programs: Sequence[Path], jobs: int) -> Generator[Result]:
        """The result of each program, as they come. Interrupted, it ends those under way: they come to nothing."""
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for done in as_completed([pool.submit(self._result, program) for program in programs]):
                    if (result := done.result()) is not None:
                        yield result
            finally:
                self._end()
                pool.shutdown(cancel_futures=True)

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            for process in self._under_way:
                process.terminate()  # it ends its worker and clears its scratch folder

    def _result(self, program: Path) -> Result | None:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="scoreboard-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            words = admitted(program, folder)
            process = self._started(words, folder)
            if process is None:
                return None
            said = self._awaited(process)
            if self._ended:
                return None
            seconds, report = time.monotonic() - began, folder / "out.json"
            findings, curve = told_in(report.read_text(encoding="utf-8")) if report.is_file() else ((), {})
        failure = "" if report_came(process.returncode) else f"status {process.returncode}: {said[-300:]}".strip()
        who = name_of(program), planted(program), key_of(program), self.commit
        return Result(*who, round(seconds, 1), failure, findings, curve)

    def _started(self, words: list[str], folder: Path) -> subprocess.Popen[str] | None:
        command = [sys.executable, "-m", "nndoctor", "examine", "--json", "out.json", "--budget", str(BUDGET), *words]
        with self._lock:
            if self._ended:
                return None
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal is ours to understand
            )
            self._under_way.add(process)
        return process

    def _awaited(self, process: subprocess.Popen[str]) -> str:
        """What it said on stderr. One that is over time is ended: it has a budget of its own, so that is a failure."""
        try:
            return process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            process.terminate()
            return process.communicate()[1]
        finally:
            with self._lock:
                self._under_way.discard(process)


def report_came(status: int) -> bool:
    """Whether that exit status is of an examination that was made: nothing confirmed, or something."""
    return status in (0, 1)
