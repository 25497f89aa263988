"""Whatever a script does ends as a report in time: nothing of the user's changed, no process and no folder left.

Each program in tests/hostile says in its docstring what it `ends` with: the exit code, and the rule found first, of
what was seen until then. It may say that it ends only `when time is up`, and add `with NAME=VALUE ...` for its
environment.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.schema import violations

ROOT = Path(__file__).parents[1]
HOSTILE = Path(__file__).parent / "hostile"
INSTALLED = HOSTILE / "site-packages"
PROGRAMS = sorted(path for path in HOSTILE.glob("*.py") if path.name != "lesson.py")
OVERLAID = sorted(HOSTILE.glob("overlaid/*.py"))
FOLDERS = sorted(path.parent for path in HOSTILE.glob("*/train.py"))
AMPLE = 90
"""Seconds for what ends by itself, some of it after importing torch anew, on however busy a machine."""
SHORT = 10
"""Seconds for what does not."""
STARTING_AND_ENDING = 160
SLEEP = "98765.4321"
"""What a process of a script's that has shed its environment is known by."""

TRIAL = """
import pathlib, sys
from nndoctor.worker import shield
print(*shield.coverable(sys.argv[1:2], pathlib.Path(sys.argv[2])))
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class World:
    """What an examination is given, each folder fresh: the user's home, directory and temporary folder."""

    folder: Path
    temporary: Path
    """With a short path, since sockets are made in it."""

    @property
    def project(self) -> Path:
        return self.folder / "work" / "我的 [red]project[/red]"

    @property
    def home(self) -> Path:
        return self.folder / "home"


@dataclass(frozen=True)
class Told:
    """What came of it."""

    code: int
    report: dict[str, object]
    said: str

    @property
    def confirmed(self) -> list[str]:
        findings = self.report["findings"]
        assert isinstance(findings, list)
        return [finding["rule"] for finding in findings if finding["status"] == "confirmed"]


@dataclass(frozen=True)
class Promise:
    """What the docstring of a program says: the exit code, and the rule confirmed first ("" for none)."""

    code: int
    rule: str
    budget: int
    environment: dict[str, str]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as temporary:
        world = World(tmp_path, Path(temporary))
        for folder in (world.project, world.home):
            folder.mkdir(parents=True)
        furnish(world.project)
        yield world


def furnish(project: Path) -> None:
    """Files of the kinds that trainings write again; the large ones are linked into a scratch copy."""
    for name in ("log.txt", ".hidden", "data/a.csv", "data/deep/b.csv", "../beside/c.csv"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(f"{name}\n")
    (project / "model.pt").write_bytes(os.urandom(20 << 20))
    (project / "large.log").write_bytes(b"line\n" * (2 << 20))
    (project / "large.npy").write_bytes(bytes(9 << 20))
    (project / "link.txt").symlink_to("log.txt")
    (project / "beside").symlink_to("../beside")
    with closing(sqlite3.connect(project / "runs.db")) as base:
        base.execute("create table runs (loss)")
        base.commit()


def digest(folder: Path) -> dict[str, str]:
    told = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        raw = bytes(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        # a folder's own time may change by a file that came and went, which is forbidden too
        told[str(path.relative_to(folder))] = f"{hashlib.sha256(raw).hexdigest()} {state.st_mode} {state.st_mtime_ns}"
    return told


def examined(world: World, target: str, *more: str, promise: Promise | None = None) -> Told:
    """The command as a user runs it; asserts all that must hold for whatever script."""
    out, token = world.folder / "out.json", uuid.uuid4().hex
    before = digest(world.project.parent)
    path = os.pathsep.join(map(str, (ROOT, INSTALLED)))
    place = {"PYTHONPATH": path, "TMPDIR": str(world.temporary), "HOME": str(world.home), "HOSTILE": token}
    given = {**os.environ, "OMP_NUM_THREADS": "1", **place, **(promise.environment if promise else {})}
    budget = promise.budget if promise else AMPLE
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "nndoctor", "examine", target, "--json", str(out), "--budget", str(budget), *more],
        cwd=world.project,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=budget + STARTING_AND_ENDING,
        check=False,
    )
    said = (ran.stdout + ran.stderr).decode(errors="replace")
    assert left_behind(token, world.folder) == [], said
    assert digest(world.project.parent) == before, said
    # torch itself makes this one for its compiler as soon as an optimizer is built
    assert {path.name for path in world.temporary.iterdir()} <= {f"torchinductor_{getpass.getuser()}"}, said
    assert [path.name for path in world.home.rglob("*")] == [], said
    assert "Traceback" not in said.partition("Its last words")[0], said
    assert out.exists(), said
    report = json.loads(out.read_text(encoding="utf-8"))
    assert violations(report, json.loads((ROOT / "nndoctor/report/schema.json").read_text())) == []
    return Told(ran.returncode, report, said)


def left_behind(token: str, folder: Path) -> list[str]:
    """Processes that bear the token, work in the folder, or sleep as only our scripts do."""
    for _ in range(40):
        if not (left := list(alive(token, folder))):
            return []
        time.sleep(0.05)
    return left


def alive(token: str, folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            line = process.cmdline()
            ours = process.environ().get("HOSTILE") == token or SLEEP in line
            if ours or Path(process.cwd()).is_relative_to(folder) or str(folder) in " ".join(line):
                found.append(f"{process.pid} {line}")
    return found


def promised(program: Path) -> Promise:
    first, _, rest = first_string(program).partition("\n")
    ends, _, rule = first.partition(": ")
    code, _, when = ends.removeprefix("ends ").partition(" ")
    assert when in ("", "when time is up"), program
    pairs = rest.strip().removeprefix("with ").split()
    return Promise(int(code), rule, SHORT if when else AMPLE, dict(pair.split("=", 1) for pair in pairs))


def first_string(program: Path) -> str:
    return program.read_text(encoding="utf-8").split('"""')[1]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_script_ends_as_an_outcome_and_what_was_seen_is_judged(program: Path, world: World) -> None:
    promise = promised(program)
    shutil.copy(HOSTILE / "lesson.py", world.project)
    shutil.copy(program, world.project / "训练 1.py")
    told = examined(world, "训练 1.py", promise=promise)
    assert (told.code, told.confirmed[:1]) == (promise.code, [promise.rule] if promise.rule else []), told.said


@pytest.fixture
def overlay(tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = [str(tmp_path_factory.mktemp(name)) for name in ("covered", "scratch")]
    ran = subprocess.run([sys.executable, "-c", TRIAL, *folders], cwd=ROOT, capture_output=True, check=True)
    if not ran.stdout.strip():
        pytest.skip("this kernel, or this container, lets nobody overlay a folder")


@pytest.mark.usefixtures("overlay")
@pytest.mark.parametrize("program", OVERLAID, ids=lambda path: path.stem)
def test_where_folders_can_be_overlaid_nothing_at_all_arrives(program: Path, world: World) -> None:
    test_a_script_ends_as_an_outcome_and_what_was_seen_is_judged(program, world)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_modules_beside_the_script_are_the_users(folder: Path, world: World) -> None:
    promise = promised(folder / "train.py")
    shutil.copytree(folder, world.project, dirs_exist_ok=True)
    told = examined(world, "train.py", promise=promise)
    assert (told.code, told.confirmed[:1]) == (promise.code, [promise.rule] if promise.rule else []), told.said


def test_an_interpreter_without_torch_is_told_in_a_report(world: World) -> None:
    (world.project / "train.py").write_text("import torch\n")
    bare = world.folder / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    told = examined(world, "train.py", "--python", str(bare))
    assert told.code == 3
    assert "can't import torch" in told.said


def test_in_place_what_the_script_writes_is_the_users_to_keep(world: World) -> None:
    source = "from lesson import train\ntrain()\nopen('kept.txt', 'w').write('kept')\n"
    (world.project / "train.py").write_text(source)
    shutil.copy(HOSTILE / "lesson.py", world.project)
    command = ["examine", "train.py", "--json", "out.json", "--budget", str(AMPLE), "--in-place", "--quiet"]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, "-P", "-m", "nndoctor", *command], cwd=world.project, env=given, check=False)
    assert ran.returncode == 1
    assert (world.project / "kept.txt").read_text() == "kept"
    assert "in-place" in json.loads((world.project / "out.json").read_text())["environment"]["writes"]
