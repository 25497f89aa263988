"""The overlay of a run's own view: whatever is written there, by whatever way, the folder stays as it was."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VANDAL = """
import json, os, subprocess, sys
from pathlib import Path
from nndoctor.worker import shield
folders, scratch = sys.argv[1:-1], Path(sys.argv[-1])
before = os.getuid(), os.getgid(), os.getcwd()
covered = shield.coverable(folders, scratch)
left = sorted(os.listdir(scratch))
shield.cover(covered, scratch / "overlay")
inner = Path(folders[-1])
if covered:
    subprocess.run("echo more >> old.txt; rm -rf gone; mkdir gone; echo x > new.txt", shell=True, cwd=inner, check=True)
read = {name: (inner / name).read_text() for name in ("old.txt", "new.txt") if covered}
print(json.dumps([covered, left, read, (os.getuid(), os.getgid(), os.getcwd()) == before]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "work" / "a, b: [c] 目"
    (home / "gone" / "deep").mkdir(parents=True)
    (home / "old.txt").write_text("old\n")
    (tmp_path / "scratch").mkdir()
    return home


def vandalised(*folders: Path, scratch: Path) -> tuple[list[str], list[str], dict[str, str], bool]:
    ran = subprocess.run(
        [sys.executable, "-c", VANDAL, *map(str, folders), str(scratch)], capture_output=True, cwd=ROOT, check=True
    )
    told: tuple[list[str], list[str], dict[str, str], bool] = json.loads(ran.stdout)
    return told


def test_what_is_written_into_an_overlaid_folder_never_arrives(home: Path, tmp_path: Path) -> None:
    covered, left, read, same = vandalised(home.parent, home, scratch=tmp_path / "scratch")
    if not covered:
        pytest.skip("this kernel, or this container, lets nobody overlay a folder")
    assert covered == [str(home.parent)]
    assert left == []
    assert read == {"old.txt": "old\nmore\n", "new.txt": "x\n"}
    assert same
    assert sorted(str(path.relative_to(home)) for path in home.rglob("*")) == ["gone", "gone/deep", "old.txt"]
    assert (home / "old.txt").read_text() == "old\n"


def test_a_folder_that_holds_the_scratch_or_the_home_is_not_overlaid(home: Path) -> None:
    scratch = home / "scratch"
    scratch.mkdir()
    assert vandalised(Path("/"), Path.home(), Path(tempfile.gettempdir()), home, scratch=scratch)[0] == []
