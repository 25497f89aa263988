"""What an import drags along, seen from outside: in a fresh interpreter, in `sys.modules`."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "nndoctor"
WORKERS_WING = {"worker", "patients", "live"}
"""And the one module that joins both wings, in the user's own process."""
PURE = {
    "__future__",
    "collections",
    "collections.abc",
    "dataclasses",
    "enum",
    "math",
    "operator",
    "types",
    "typing",
    "zlib",
}


def module_names() -> list[str]:
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[1] not in WORKERS_WING and parts[-1] not in {"__init__", "__main__"}:
            names.append(".".join(parts))
    return names


def printed(program: str) -> object:
    """What a program prints as its last line, in a fresh interpreter that sees this checkout."""
    start = f"import json, sys\nsys.path.insert(0, {str(PACKAGE.parent)!r})\n"
    # -I: neither the environment nor the current directory decides what is found
    run = subprocess.run([sys.executable, "-I", "-c", start + program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: object = json.loads(run.stdout.splitlines()[-1])
    return found


def loaded_by(module: str) -> set[str]:
    loaded = printed(f"import {module}\nprint(json.dumps(sorted(sys.modules)))")
    assert isinstance(loaded, list)
    return set(loaded)


def roots(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


EACH_AFRESH = """
for module in {modules!r}:
    for ours in [name for name in sys.modules if name.partition(".")[0] == "nndoctor"]:
        del sys.modules[ours]  # so that none leans on what another has imported
    before = set(sys.modules)
    importlib.import_module(module)
    new = set(sys.modules) - before
    guilty += [(module, name) for name in new if name == "torch" or name.startswith("nndoctor.worker")]
"""


def test_the_screens_process_never_meets_torch_nor_the_worker() -> None:
    program = EACH_AFRESH.format(modules=module_names())
    assert printed(f"import importlib\nguilty = []\n{program}\nprint(json.dumps(guilty))") == []


@pytest.mark.parametrize("module", ["case", "seen", "trace", "probe", "wire"])
def test_what_the_worker_shares_with_us_needs_the_standard_library_only(module: str) -> None:
    ours = {"nndoctor"}
    assert roots(loaded_by(f"nndoctor.{module}")) - ours <= set(sys.stdlib_module_names) | roots(loaded_by("json"))


def test_a_condition_is_a_leaf() -> None:
    loaded = {name for name in loaded_by("nndoctor.rulebook.condition") if name.startswith("nndoctor.")}
    assert loaded <= {"nndoctor.case", "nndoctor.rulebook", "nndoctor.rulebook.condition"}


def test_the_command_line_starts_light() -> None:
    if not (PACKAGE / "cli.py").exists():
        pytest.skip("there is no command line yet")
    assert not roots(loaded_by("nndoctor.cli")) & {"textual", "pydantic", "yaml", "numpy", "matplotlib", "torch"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "engine").glob("*.py")), ids=lambda path: path.stem)
def test_the_engine_touches_no_file_clock_process_or_random_number(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module=str() as module):
                ours = tuple(f"nndoctor.{name}" for name in ("case", "intervention", "probe", "rulebook.", "engine."))
                assert module in PURE or module.startswith(ours), module
            case ast.Import(names=names):
                assert {name.name for name in names} <= PURE
            case ast.Call(func=ast.Name(id=name)):
                assert name not in {"open", "print", "input", "exec", "eval", "__import__"}


def test_no_package_folder_exports_anything_but_the_root_its_one_call() -> None:
    written = [path for path in PACKAGE.rglob("__init__.py") if path.read_text(encoding="utf-8").strip()]
    assert written == [PACKAGE / "__init__.py"]


def test_importing_the_package_brings_nothing_in() -> None:
    loaded = loaded_by("nndoctor")
    assert not roots(loaded) & {"torch", "pydantic", "numpy", "yaml"}
    assert {name for name in loaded if name.startswith("nndoctor")} == {"nndoctor"}
