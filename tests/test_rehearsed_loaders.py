"""Passes over real loaders that end early: where, with what before, and with nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nndoctor.worker.journal import read_trace

PROGRAM = Path(__file__).parent / "rehearsals.py"
UNCUT = ("short", "left_by_the_user", "without_end")
CUT = {
    # a loader with an end is cut in two epochs: after 10 iterations, then after 6; its validation after 10 batches
    "plain": [10, 10, 6, 10, 40, 20],
    # between the two numbers of batches: the workers that are left
    "workers": [10, 0, 3, 6, 0, 3, 40, 0, 3],
    "persistent_workers": [10, 10, 6, 10, 40, 20],
    "streamed": [10, 5, 6, 5, 40, 5],
    "nested": [2, 10, 2, 6, *[2] * 6, 40],
    # as many steps as were wanted, from shorter rounds
    "for_ever": [130, 2],
}


@cache
def outcomes(how: str, journal: str) -> dict[str, dict[str, list[object]]]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), how, journal],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROGRAM.parent.parent)},
    )
    return {name: outcome for line in done.stdout.splitlines() for name, outcome in json.loads(line).items()}


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("loaders") / "journal")


@pytest.mark.parametrize("loop", [*CUT, *UNCUT])
def test_what_fits_is_the_same_to_the_bit(loop: str, journal: str) -> None:
    assert outcomes("watched", f"{journal}-watched")[loop] == outcomes("bare", "")[loop]
    assert not read_trace(f"{journal}-watched.{loop}").cuts


@pytest.mark.parametrize("loop", CUT)
def test_each_pass_ends_where_it_should(loop: str, journal: str) -> None:
    assert outcomes("cut", journal)[loop]["lengths"] == CUT[loop]
    assert read_trace(f"{journal}.{loop}").rehearsed


@pytest.mark.parametrize("loop", UNCUT)
def test_what_is_short_or_would_not_bear_an_end_is_left_alone(loop: str, journal: str) -> None:
    assert outcomes("cut", journal)[loop] == outcomes("bare", "")[loop]
    assert not read_trace(f"{journal}.{loop}").rehearsed


@pytest.mark.parametrize("loop", ["plain", "persistent_workers", "streamed"])
def test_the_batches_before_the_cut_are_the_users_own(loop: str, journal: str) -> None:
    first, whole = (outcomes(how, path)[loop]["prefixes"][0] for how, path in (("cut", journal), ("bare", "")))
    assert isinstance(first, list)
    assert isinstance(whole, list)
    assert len(first) == 10
    assert first == whole[:10]


def test_the_record_says_which_pass_was_cut_and_how_long_it_was(journal: str) -> None:
    outcomes("cut", journal)
    cuts = [(cut.number, cut.loader, cut.batches, cut.of) for cut in read_trace(f"{journal}.plain").cuts]
    assert cuts == [(0, 0, 10, 40), (1, 1, 10, 20), (2, 0, 6, 40), (3, 1, 10, 20)]
    assert {cut.of for cut in read_trace(f"{journal}.streamed").cuts} == {None}
