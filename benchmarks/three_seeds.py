"""Do the verdicts hold for other seeds? Programs of the ward with every seed written in them raised by one and by two.

Run it as `python -m benchmarks.three_seeds`, with `--only PATTERN` for some programs. Nothing is treated.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.scoreboard.results import ROOT, files_of, planted, told_in
from benchmarks.scoreboard.runs import BUDGET, PATIENCE, missing_for, report_came
from tests.admission import HEALTHY, SICK, admitted, name_of

SEEDING = {
    "manual_seed",
    "manual_seed_all",
    "seed_everything",
    "set_seed",
    "set_random_seed",
    "default_rng",
    "RandomState",
    "PRNGKey",
}
OF_A_MODULE = {("random", "seed"), ("random", "Random")}
"""Functions by the last two parts of their name: `seed` alone may be anything (a garden's)."""
SHIFTS = (0, 1, 2)
NOTHING = "nothing confirmed"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was said of a program under each seed, and what should be; a text in brackets where there was no report."""

    program: str
    due: str
    said: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether all of them say the same."""
        return len(set(self.said)) == 1

    @property
    def right(self) -> bool:
        """Whether all of them say what is so."""
        return set(self.said) == {self.due}


def shifted(source: str, by: int) -> str:
    """The source with every literal seed raised; all else stays, to the byte."""
    rows = source.encode().splitlines(keepends=True)
    for seed in sorted(_seeds(ast.parse(source)), key=lambda one: (one.lineno, one.col_offset), reverse=True):
        row = rows[seed.lineno - 1]
        # ast counts the columns of the encoded text
        rows[seed.lineno - 1] = row[: seed.col_offset] + str(_value(seed) + by).encode() + row[seed.end_col_offset :]
    return b"".join(rows).decode()


def _seeds(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _sows(node.func):
            given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "seed")]
            yield from (one for one in given if isinstance(one, ast.Constant) and type(one.value) is int)


def _value(seed: ast.Constant) -> int:
    assert isinstance(seed.value, int)
    return seed.value


def _sows(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in SEEDING:
            return True
        case ast.Attribute(value=ast.Name(id=of) | ast.Attribute(attr=of), attr=name):
            return (of, name) in OF_A_MODULE
        case _:
            return False


def has_seed(program: Path) -> bool:
    """Whether some seed is written in it."""
    sources = (path.read_text(encoding="utf-8") for path in files_of(program) if path.suffix == ".py")
    return any(any(_seeds(ast.parse(source))) for source in sources)


def spread(programs: Sequence[Path], most: int) -> list[Path]:
    """So many of them, evenly from first to last."""
    count = min(most, len(programs))
    return [programs[number * len(programs) // count] for number in range(count)]


def examined(program: Path) -> Verdicts:
    """The program under its own seeds and under two others."""
    said = tuple(_said(program, by) for by in SHIFTS)
    return Verdicts(name_of(program), planted(program) or NOTHING, said)


def _said(program: Path, by: int) -> str:
    with tempfile.TemporaryDirectory(prefix="three-seeds-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        words = admitted(program, folder)
        for path in folder.rglob("*.py"):
            path.write_bytes(shifted(path.read_bytes().decode(), by).encode())
        options = ["--no-trials", "--json", "out.json", "--budget", str(BUDGET), *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "nndoctor", "examine", *options],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        if not report_came(done.returncode):
            return f"[status {done.returncode}]"
        findings, _ = told_in((folder / "out.json").read_text(encoding="utf-8"))
    return findings[0].rule if findings and findings[0].status == "confirmed" else NOTHING


def figure(verdicts: Sequence[Verdicts]) -> dict[str, object]:
    """The share of programs of which all three runs say the same first."""
    sick = [one for one in verdicts if one.due != NOTHING]
    healthy = [one for one in verdicts if one.due == NOTHING]
    return {
        "figure": "three_seeds",
        "ratio": round(sum(one.held for one in verdicts) / max(1, len(verdicts)), 3),
        "programs": len(verdicts),
        "sick": [sum(one.held for one in sick), len(sick)],
        "healthy": [sum(one.held for one in healthy), len(healthy)],
        "right": sum(one.right for one in verdicts),
        "changed": sorted(one.program for one in verdicts if not one.held),
    }


def main() -> None:
    """Prints a line for each program whose first finding changes, and one line of JSON at the end."""
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="*", help="a pattern of names, as in the ward's folders")
    arguments.add_argument("--sick", type=int, default=30, help="how many sick programs, evenly spread")
    arguments.add_argument("--healthy", type=int, default=15)
    arguments.add_argument("--jobs", type=int, default=1)
    chosen = arguments.parse_args()
    able = {
        kind: [p for p in programs if fnmatch(name_of(p), chosen.only) and has_seed(p) and not missing_for(p)]
        for kind, programs in (("sick", SICK), ("healthy", HEALTHY))
    }
    programs = [*spread(able["sick"], chosen.sick), *spread(able["healthy"], chosen.healthy)]
    verdicts = []
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for one in pool.map(examined, programs):
            verdicts.append(one)
            if not one.held:
                print(f"{one.program}: {' | '.join(one.said)}", flush=True)
    print(json.dumps(figure(verdicts)))


if __name__ == "__main__":
    main()
