"""Examines every program of the ward, the trial of each cure included, and writes what came of it beside baselines.

Results are kept as they come, so an interrupted run goes on where it was; a program is examined again only when it
or our sources changed. Run: python -m benchmarks.scoreboard [--only PATTERN] [--jobs N]
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from contextlib import closing
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

from benchmarks.scoreboard import curve_only, static_only
from benchmarks.scoreboard.page import DOCTOR, Board, figures, page
from benchmarks.scoreboard.results import ROOT, Result, files_of, key_of, results_in
from benchmarks.scoreboard.runs import Ward, missing_for
from benchmarks.scoreboard.score import constant, marks, outcome_of, said_by
from tests.admission import HEALTHY, SICK, name_of

KEPT = ROOT / "out" / "scoreboard.jsonl"
PAGE = ROOT / "docs" / "scoreboard.md"
PAGE_OF_A_PART = ROOT / "out" / "scoreboard.md"


def main() -> None:
    """Prints its progress on stderr, and the figures as one line of JSON at the end."""
    wishes = _wishes()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does, and leaves no process behind
    programs = [path for path in (*SICK, *HEALTHY) if fnmatch(name_of(path), wishes.only)]
    if not programs:
        sys.exit(f"no program of the ward matches {wishes.only!r}")
    missing = {path: words for path in programs if (words := missing_for(path))}
    programs = [path for path in programs if path not in missing]
    for path, words in missing.items():
        _say(f"skipped, for want of {', '.join(words)}: {name_of(path)}")
    results = _results(programs, wishes.jobs)
    skipped = {name_of(path): words for path, words in missing.items()}
    board = _board(programs, results, "" if wishes.only == "*" else wishes.only, skipped)
    target = PAGE_OF_A_PART if board.part else PAGE
    target.write_text(page(board), encoding="utf-8")
    _say(f"written: {target.relative_to(ROOT)}")
    print(json.dumps(figures(board)))


def _wishes() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.scoreboard", description=__doc__)
    parser.add_argument(
        "--only",
        default="*",
        metavar="PATTERN",
        help="programs whose name in the ward matches, as in 'fresh/loss/*'; the page goes to out/ then",
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="programs at a time (2)")
    return parser.parse_args()


def _results(programs: Sequence[Path], jobs: int) -> list[Result]:
    """A result for each program, in their order: those kept, and new ones for the rest."""
    keys = {path: key_of(path) for path in programs}
    kept = {result.key: result for result in results_in(KEPT) if not result.failure}
    due = [path for path in programs if keys[path] not in kept]
    if len(due) < len(programs):
        _say(f"{len(programs) - len(due)} of {len(programs)} programs are done already")
    KEPT.parent.mkdir(exist_ok=True)
    began = time.monotonic()
    try:
        with KEPT.open("a", encoding="utf-8") as file, closing(Ward(_commit()).results(due, jobs)) as coming:
            for number, result in enumerate(coming, start=1):
                kept[result.key] = result
                file.write(result.line() + "\n")
                file.flush()
                left = (time.monotonic() - began) / number * (len(due) - number)
                _say(f"[{number}/{len(due)}] {told(result)}; {_span(left)} left")
    except KeyboardInterrupt:
        _say("interrupted: what is done is kept, and the next run goes on from there")
        sys.exit(130)
    return [kept[keys[path]] for path in programs]


def told(result: Result) -> str:
    """One result in a line."""
    if result.failure:
        return f"{result.program}: not examined, {' '.join(result.failure.split())[:100]}"
    said = ", ".join(f"{one.rule} ({one.status})" for one in result.findings[:2]) or "nothing"
    first = said_by(result).claim
    right = first == result.planted
    return f"{result.program}: {'right' if right else 'WRONG'}, {said}, {outcome_of(result)}, {result.seconds:.0f} s"


def _board(
    programs: Sequence[Path], results: Sequence[Result], part: str, skipped: Mapping[str, Sequence[str]]
) -> Board:
    planted = [result.planted for result in results]
    guess = constant(planted)
    said = {
        DOCTOR: [said_by(result) for result in results],
        "constant guess": [guess for _ in results],
        "curve only": curve_only.sayings(results),
        "static only": [static_only.saying(_sources(path)) for path in programs],
    }
    return Board(
        results=results,
        marks={name: marks(planted, sayings) for name, sayings in said.items()},
        guess=guess.ranked,
        checks=len(static_only.CHECKS),
        commit=_commit(),
        torch=version("torch"),
        part=part,
        skipped=skipped,
    )


def _sources(program: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in files_of(program) if path.suffix == ".py"]


def _commit() -> str:
    """The commit of the checkout, and whether it has changes on top; "unknown" where there is no git."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min" if minutes else "under 1 min"


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
