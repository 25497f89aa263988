"""The wheel: what lies in it, and that it works away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_pack_lies_inside_the_package(unpacked: Path) -> None:
    wanted = {
        f"nndoctor/{path.relative_to(ROOT).as_posix()}"
        for folder, pattern in (("probes", "*.py"), ("knowledge", "*.yaml"))
        for path in (ROOT / folder).rglob(pattern)
        if not path.name.endswith("_test.py")
    }
    assert wanted
    assert wanted <= names(unpacked)


def test_nothing_but_the_package_lies_in_the_wheel(unpacked: Path) -> None:
    found = names(unpacked)
    assert {name.partition("/")[0].partition("-")[0] for name in found} == {"nndoctor"}
    assert not [name for name in found if name.endswith("_test.py") or "/tests/" in name or "__pycache__" in name]


def test_what_is_read_at_run_time_is_there(unpacked: Path) -> None:
    for name in ("report/page.html.jinja", "report/page.css", "report/schema.json", "tui/nndoctor.tcss", "py.typed"):
        assert (unpacked / "nndoctor" / name).is_file(), name
    assert list((unpacked / "nndoctor" / "patients").glob("*.py"))
    [licence] = unpacked.glob("*.dist-info/licenses/LICENSE")
    assert "Apache License" in licence.read_text()


def test_the_unpacked_wheel_knows_the_same_rules_as_the_checkout(unpacked: Path) -> None:
    assert rules(unpacked) == rules(ROOT)


def rules(home: Path) -> list[str]:
    """The ids of the rules that an installation at that place knows."""
    environment = {**os.environ, "PYTHONPATH": str(home)}
    program = [sys.executable, "-m", "nndoctor", "rules", "--json"]
    ended = subprocess.run(program, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return [rule["id"] for rule in json.loads(ended.stdout)]
