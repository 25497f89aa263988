"""A clean environment for every test: what a terminal or a CI machine sets must not colour the outcome."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from tests.zygote import warm_python

# a deadline would be an assertion on the clock, and a database makes one run depend on the last
hypothesis.settings.register_profile("here", deadline=None, database=None)
hypothesis.settings.load_profile("here")

UNWANTED = (
    "NO_COLOR",
    "FORCE_COLOR",
    "COLORTERM",
    "NNDOCTOR_WIRE",
    "NNDOCTOR_LAB",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNWANTED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """For --python: hundreds of examinations import torch once."""
    with warm_python(tmp_path_factory.mktemp("zygote")) as path:
        yield path
