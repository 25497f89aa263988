from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from nndoctor.case import Case, Evidence, Patient
from nndoctor.tui.arrivals import NoTarget, case_path, patient_of, saved_cases, scripts
from nndoctor.tui.words import PHRASES
from nndoctor.visit import save
from tests.notebooks import written


def test_scripts_that_train_come_first(tmp_path: Path) -> None:
    (tmp_path / "aaa.py").write_text("print(1)\n")
    (tmp_path / "model.py").write_text("import torch\n")
    (tmp_path / "zz_train.py").write_text("import torch\nloss.backward()\n")
    (tmp_path / "notes.txt").write_text("import torch\nloss.backward()\n")
    assert [(script.path.name, script.trains) for script in scripts(tmp_path)] == [
        ("zz_train.py", True),
        ("aaa.py", False),
        ("model.py", False),
    ]


def test_a_directory_that_is_gone_has_no_scripts(tmp_path: Path) -> None:
    assert scripts(tmp_path / "gone") == []


@pytest.mark.parametrize(
    ("typed", "target", "kind", "arguments"),
    [
        ("train.py", "train.py", "script", ()),
        ("train.py --epochs 3", "train.py", "script", ("--epochs", "3")),
        ("train.py -- --name 'two words'", "train.py", "script", ("--name", "two words")),
        ("train.ipynb --epochs 3", "train.ipynb", "script", ("--epochs", "3")),
        ("'my train.py' x", "my train.py", "script", ("x",)),
        ("package.train:make", "package.train:make", "factory", ()),
        ("-m package.train --lr 0.1", "package.train", "module", ("--lr", "0.1")),
    ],
)
def test_a_typed_target_is_read_like_a_command_line(
    tmp_path: Path, typed: str, target: str, kind: str, arguments: tuple[str, ...]
) -> None:
    for name in ("train.py", "my train.py"):
        (tmp_path / name).touch()
    written(tmp_path / "train.ipynb", "x = 1")
    patient = patient_of(typed, tmp_path)
    assert (patient.target, patient.kind, patient.arguments) == (target, kind, arguments)
    assert patient.directory == str(tmp_path)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "gone.py",
        "train.py 'open",
        "-m",
        "-m ../x",
        "folder",
        "R.ipynb",
        "no.ipynb",
        "words.ipynb",
        "await.ipynb",
        "train.py:make",
    ],
)
def test_what_names_no_training_is_refused_in_words(tmp_path: Path, typed: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "no.ipynb").touch()
    (tmp_path / "R.ipynb").write_text('{"cells": [], "metadata": {"language_info": {"name": "R"}}}')
    written(tmp_path / "words.ipynb", "Words", markdown=(0,))
    written(tmp_path / "await.ipynb", "await x")
    with pytest.raises(NoTarget) as refused:
        patient_of(typed, tmp_path)
    assert refused.value.key in PHRASES


def test_saved_cases_are_found_and_what_is_broken_is_left_out(tmp_path: Path) -> None:
    patient = Patient("train [/red].py", directory="/home/ann")
    path = case_path(tmp_path, patient, datetime(2026, 3, 1, 12, 30).astimezone())
    assert path.name == "20260301-123000-train-red-py.json" or path.name.startswith("20260301-123000-")
    save(Case(patient).complaining_of("slow").with_evidence(Evidence("loss_curve", "measured")), path)
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "other.json").write_text("[1]")
    [found] = saved_cases(tmp_path)
    assert (found.target, found.symptoms, found.probes) == ("train [/red].py", ("slow",), 1)
    assert saved_cases(tmp_path / "gone") == []
