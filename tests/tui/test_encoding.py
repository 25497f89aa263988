from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nndoctor.tui.encoding import is_utf8, narrowed


@pytest.mark.parametrize(("encoding", "utf8"), [("UTF-8", True), ("utf8", True), ("ascii", False), ("no-such", False)])
def test_only_utf8_shows_everything(encoding: str, utf8: bool) -> None:
    assert is_utf8(encoding) is utf8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("╭─┤✓├─╮", "+-+v+-+"),
        ("██░░ 60 %", "##.. 60 %"),
        ("⠒⠀⣿", "* *"),
        ("损失", "????"),
        ("✗ ⚠ › …", "x ! > ."),
        ("▁▂▃▄▅▆▇█", "_.-=+*%#"),
    ],
)
def test_ascii_terminals_get_marks_and_borders_in_ascii(text: str, shown: str) -> None:
    assert narrowed(text, "ascii") == shown


def test_what_the_encoding_has_is_kept() -> None:
    assert narrowed("损失 é │", "gbk") == "损失 é |"


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"))))
def test_the_stand_in_is_as_wide_as_what_it_stands_for(text: str) -> None:
    shown = narrowed(text, "ascii")
    assert shown.isascii()
    assert cell_len(shown) == cell_len(text)
