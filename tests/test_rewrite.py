"""The one writing into a user's file: whole, with its mode, with what was there kept."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from nndoctor.case import Place
from nndoctor.edit.patch import Patch, read
from nndoctor.edit.rewrite import rewrite
from nndoctor.edit.source import CannotEdit


def patch_for(path: Path, old: str, new: str) -> Patch:
    before, encoding = read(str(path))
    return Patch(str(path), Place(str(path), 1), before, before.replace(old, new), encoding)


def script(folder: Path, content: bytes = b"a = 1\r\nb = 2\r\n") -> Path:
    path = folder / "train.py"
    path.write_bytes(content)
    return path


def test_the_file_is_changed_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path = script(tmp_path)
    path.chmod(0o754)
    backup = rewrite(patch_for(path, "a = 1", "a = 3"))
    assert path.read_bytes() == b"a = 3\r\nb = 2\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert backup.name == "train.py.before-nndoctor"
    assert backup.read_bytes() == b"a = 1\r\nb = 2\r\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["train.py", "train.py.before-nndoctor"]


def test_an_older_copy_is_never_written_over(tmp_path: Path) -> None:
    path = script(tmp_path)
    names = [rewrite(patch_for(path, f"a = {n}", f"a = {n + 1}")).name for n in (1, 2, 3)]
    assert names == [f"train.py.before-nndoctor{end}" for end in ("", ".2", ".3")]
    assert (tmp_path / names[0]).read_bytes().startswith(b"a = 1")


def test_a_mark_of_byte_order_and_an_encoding_are_kept(tmp_path: Path) -> None:
    path = script(tmp_path, b"\xef\xbb\xbfa = 'x'\n")
    rewrite(patch_for(path, "'x'", "'é'"))
    assert path.read_bytes() == b"\xef\xbb\xbfa = '\xc3\xa9'\n"
    latin = script(tmp_path, "# coding: latin-1\na = 'é'\n".encode("latin-1"))
    rewrite(patch_for(latin, "a =", "b ="))
    assert latin.read_bytes() == "# coding: latin-1\nb = 'é'\n".encode("latin-1")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path = script(tmp_path)
    link = tmp_path / "link.py"
    link.symlink_to(path)
    rewrite(patch_for(link, "a = 1", "a = 3"))
    assert link.is_symlink()
    assert path.read_bytes().startswith(b"a = 3")


def test_a_file_that_has_changed_meanwhile_is_left(tmp_path: Path) -> None:
    path = script(tmp_path)
    patch = patch_for(path, "a = 1", "a = 3")
    path.write_bytes(b"a = 1\nb = 9\n")
    with pytest.raises(CannotEdit, match="meanwhile"):
        rewrite(patch)
    assert [one.name for one in tmp_path.iterdir()] == ["train.py"]


def test_where_nothing_may_be_written_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotEdit, match="No space left"):
        rewrite(patch_for(path, "a = 1", "a = 3"))
    assert path.read_bytes() == b"a = 1\r\nb = 2\r\n"
    assert not list(tmp_path.glob("*.part"))


def test_an_excerpt_shows_the_rows_that_change_and_those_round_them() -> None:
    before = "".join(f"    row {n}\n" for n in range(20))
    after = before.replace("row 5\n", "row five\n").replace("    row 15\n", "")
    patch = Patch("a.py", Place("a.py", 6), before, after, "utf-8")
    old, new, line = patch.excerpt()
    assert line == 6
    assert old.splitlines() == [
        "row 3",
        "row 4",
        "row 5",
        "row 6",
        "row 7",
        "...",
        *(f"row {n}" for n in range(13, 18)),
    ]
    assert "row five" in new
    assert replace(patch, after=before).size == 0
    assert patch.size == 3
