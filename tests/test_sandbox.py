"""The copy that a script runs in: what it reads is there, what it writes never reaches the user's files."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nndoctor.worker import sandbox


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "work" / "my project"
    home.mkdir(parents=True)
    yield home
    for made in list(sandbox._COPIES):
        sandbox.discard(Path(made) / "x")


def put(path: Path, content: bytes | str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def digest(folder: Path) -> dict[str, str]:
    """Every file, folder and link below, by content, mode and time of change."""
    told = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        raw = bytes(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        told[str(path.relative_to(folder))] = (
            f"{hashlib.sha256(raw).hexdigest()} {state.st_mode} {state.st_mtime_ns} {state.st_ino}"
        )
    return told


def test_files_are_copied_and_paths_lead_back(home: Path, tmp_path: Path) -> None:
    put(home / "src" / "train.py", "print()")
    copy = sandbox.copy(home, tmp_path / "scratch")
    mirror = copy / "src" / "train.py"
    assert mirror.read_text() == "print()"
    assert not mirror.is_symlink()
    assert sandbox.original(str(mirror)) == str(home / "src" / "train.py")
    assert sandbox.mirrored(str(home / "src" / "train.py")) == str(mirror)
    assert sandbox.original("/usr/lib/x.py") == "/usr/lib/x.py"
    assert sandbox.original(str(copy)) == str(home)
    assert sandbox.originals(f'File "{mirror}"') == f'File "{home}/src/train.py"'


def test_arguments_into_the_project_lead_into_the_copy(home: Path, tmp_path: Path) -> None:
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert sandbox.mirrored_argument(f"{home}/out") == f"{copy}/out"
    assert sandbox.mirrored_argument(f"--out={home}/out") == f"--out={copy}/out"
    assert sandbox.mirrored_argument("--lr=0.1") == "--lr=0.1"
    assert sandbox.mirrored_argument(f"{home} two/out") == f"{home} two/out"
    assert sandbox.mirrored_argument("/data/set") == "/data/set"


def test_large_files_and_crowded_folders_are_linked_but_checkpoints_copied(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "LARGEST_COPIED", 10)
    monkeypatch.setattr(sandbox, "CROWD", 3)
    put(home / "images.bin2", b"1" * 11)
    put(home / "model.pt", b"1" * 11)
    for number in range(4):
        put(home / "data" / f"{number}.jpg")
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert (copy / "images.bin2").is_symlink()
    assert not (copy / "model.pt").is_symlink()
    assert (copy / "data").is_symlink()
    assert (copy / "data" / "3.jpg").read_text() == "x"


def test_what_is_beyond_the_budget_is_linked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = sandbox._Budget
    monkeypatch.setattr(sandbox, "_Budget", lambda: budget(4, 9))
    put(home / "a" / "deep" / "x.py", "1")
    put(home / "b.py", "12345")
    put(home / "c.py", "12345")
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert not (copy / "b.py").is_symlink()
    assert (copy / "c.py").is_symlink()
    assert (copy / "a" / "deep" / "x.py").read_text() == "1"


def test_history_environments_and_caches_are_left_out(home: Path, tmp_path: Path) -> None:
    for name in (".git/config", "node_modules/x.js", "pkg/__pycache__/x.pyc", "myenv/pyvenv.cfg", "pkg/x.py"):
        put(home / name)
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert sorted(str(path.relative_to(copy)) for path in copy.rglob("*")) == ["pkg", "pkg/x.py"]


def test_links_stay_links_and_inner_ones_stay_inside(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "set.csv", "1")
    put(home / "real" / "x.txt", "2")
    (home / "inner").symlink_to("real")
    (home / "outer").symlink_to(tmp_path / "elsewhere")
    (home / "broken").symlink_to("nowhere")
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert (copy / "inner").resolve() == copy / "real"
    assert (copy / "outer" / "set.csv").read_text() == "1"
    assert (copy / "broken").is_symlink()


def test_the_whole_project_is_mirrored_when_run_from_within(home: Path, tmp_path: Path) -> None:
    put(home / "pyproject.toml")
    put(home / "data" / "set.csv", "1")
    put(home / "src" / "train.py")
    copy = sandbox.copy(home / "src", tmp_path / "scratch")
    assert (copy / "train.py").exists()
    assert (copy / ".." / "data" / "set.csv").read_text() == "1"
    assert not (copy.parent / "data").is_symlink()


def test_siblings_of_a_bare_directory_are_within_reach(home: Path, tmp_path: Path) -> None:
    put(home.parent / "data" / "set.csv", "1")
    copy = sandbox.copy(home, tmp_path / "scratch")
    assert (copy / ".." / "data" / "set.csv").read_text() == "1"
    assert sandbox.original(str(copy.parent / "data" / "set.csv")) == str(home.parent / "data" / "set.csv")


def test_a_scratch_within_the_project_is_not_copied_into_itself(home: Path) -> None:
    put(home / "train.py")
    scratch = home / ".nndoctor"
    sandbox.copy(home, scratch)
    copy = sandbox.copy(home, scratch)
    assert [path.name for path in copy.iterdir()] == ["train.py"]


def test_discarding_removes_the_copy_and_nothing_else(home: Path, tmp_path: Path) -> None:
    put(home / "train.py")
    put(home.parent / "data" / "set.csv")
    before = digest(home.parent)
    copy = sandbox.copy(home, tmp_path / "scratch")
    sandbox.discard(copy)
    assert not copy.exists()
    assert list((tmp_path / "scratch").iterdir()) == []
    assert digest(home.parent) == before
    assert sandbox.original(str(copy / "train.py")) == str(copy / "train.py")


VANDAL = """
import os, shutil, sqlite3, sys
from pathlib import Path
from nndoctor.worker import sandbox
home, scratch = Path(sys.argv[1]), Path(sys.argv[2])
sandbox.LARGEST_COPIED, sandbox.CROWD, sandbox.LARGEST_CHECKPOINT = 10, 3, 10
os.chdir(sandbox.copy(home, scratch))
import torch
sandbox.guard(torch)
print(sum(1 for path in Path().rglob("*") if path.is_symlink()), "links")
torch.save({"a": 1}, "large.pt")
torch.save({"a": 1}, Path("crowd/large.pt"))
torch.save({"a": 1}, f="../siblings/large.pt")
Path("small.txt").write_text("changed")
Path("large.txt").write_text("changed")
open("large.log", "a").write("more"); print(Path("large.log").read_text())
with open("large.dat", "r+b") as file: file.write(b"00")
os.truncate("large.cut", 1)
os.chmod("large.mode", 0)
os.utime("large.time", (0, 0))
sqlite3.connect("large.db").execute("create table t (x)")
os.rename("large.old", "large.new")
os.remove("large.gone")
shutil.rmtree("nest")
shutil.rmtree("crowd/inner")
os.remove("crowd/1")
os.mkdir("crowd/new")
Path("../siblings/new.txt").write_text("new")
os.remove("../siblings/deep/old.txt")
Path("deep/new/er").mkdir(parents=True)
"""


def test_no_file_of_the_users_changes_whatever_is_written(home: Path, tmp_path: Path) -> None:
    for name in ("pt", "txt", "log", "dat", "cut", "mode", "time", "old", "gone"):
        put(home / f"large.{name}", "0123456789 and more")
    with closing(sqlite3.connect(home / "large.db")) as base:
        base.execute("create table old (x)")
        base.commit()
    for name in ("small.txt", "nest/a/b", "crowd/1", "crowd/2", "crowd/3", "crowd/4", "crowd/inner/5", "deep/x"):
        put(home / name)
    put(home / "crowd" / "large.pt", "0123456789 and more")
    put(home.parent / "siblings" / "deep" / "old.txt")
    put(home.parent / "siblings" / "large.pt", "0123456789 and more")
    before = digest(home.parent)
    ran = subprocess.run(
        [sys.executable, "-c", VANDAL, str(home), str(tmp_path / "scratch")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert ran.stderr == ""
    assert "and moremore" in ran.stdout
    assert digest(home.parent) == before
