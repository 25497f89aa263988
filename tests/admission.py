"""Who lies in the ward: its sick and healthy programs, what was planted in each, and how one gets into a folder."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

WARD = Path(__file__).parent / "ward"
RULES = Path(__file__).parents[1] / "knowledge" / "rules"
RUN = "run.txt"
"""In a folder that is one program of several files: the words after `nndoctor examine`."""


def is_part(path: Path) -> bool:
    """Whether this file is only a part of a program of several files."""
    return any((folder / RUN).exists() for folder in path.parents)


SICK = sorted([*WARD.rglob("sick.py"), *(found.parent for found in WARD.rglob(f"sick/{RUN}"))])
HEALTHY = sorted(
    {
        *(path for pattern in ("healthy.py", "healthy/**/*.py") for path in WARD.rglob(pattern) if not is_part(path)),
        *(found.parent for found in WARD.rglob(f"healthy/{RUN}")),
    }
)


def name_of(path: Path) -> str:
    return str(path.relative_to(WARD).with_suffix(""))


def planted_in(path: Path) -> str:
    """The two parts of its path that name a rule, as in `styles/keras/loss/silent-broadcast/sick.py`."""
    parts = path.relative_to(WARD).parts
    return next((f"{a}/{b}" for a, b in pairwise(parts) if (RULES / a / f"{b}.yaml").exists()), "")


def admitted(program: Path, folder: Path) -> list[str]:
    """Copies the program into a folder; gives the words that name it, and its arguments, on a command line."""
    if program.is_file():
        shutil.copy(program, folder / "train.py")
        return ["train.py"]
    shutil.copytree(program, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(RUN, "__pycache__"))
    return (program / RUN).read_text().split()
