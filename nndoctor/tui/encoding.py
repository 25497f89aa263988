"""What a terminal without UTF-8 is shown instead: ASCII borders and marks, cell for cell."""

from __future__ import annotations

import codecs
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_MARKS = dict(
    zip(
        "✓✗⚠›‹→←↑↓…·•▸◂▾–—×“”‘’▁▂▃▄▅▆▇█▌▐■□●○≤≥≈∞",
        "vx!><><^v..*><v--x\"\"''_.-=+*%#||#o*o<>~8",
        strict=True,
    )
)


def is_utf8(encoding: str) -> bool:
    """Whether a stream of that encoding can show every character we use."""
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


def can_write(text: str, encoding: str) -> bool:
    """Whether that text survives in that encoding."""
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class Narrowed(LineFilter):
    """Replaces what the encoding lacks, in every line that is about to be drawn; widths stay as they were."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.encoding = encoding

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in characters that the terminal can show."""
        del background
        return [
            segment
            if segment.text.isascii()
            else Segment(narrowed(segment.text, self.encoding), segment.style, segment.control)
            for segment in segments
        ]


def narrowed(text: str, encoding: str) -> str:
    """The text with drawing characters as ASCII, and ? (as wide as it was) for what the encoding lacks."""
    return "".join(character if character.isascii() else _stand_in(character, encoding) for character in text)


@lru_cache(4096)
def _stand_in(character: str, encoding: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    code = ord(character)
    if 0x2500 <= code < 0x2580:
        return "-" if character in "─━┄┅┈┉╌╍═" else "|" if character in "│┃┆┇┊┋╎╏║" else "+"
    if 0x2580 <= code < 0x25A0:
        return "|" if character in "▏▎▍▕" else "." if character == "░" else "#"
    if 0x2800 <= code < 0x2900:
        return " " if code == 0x2800 else "*"
    return character if can_write(character, encoding) else "?" * cell_len(character)
