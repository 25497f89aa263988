"""Where lines of text break, in English and in Chinese, counted in the cells of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

WIDTH = 88


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """The text in lines of at most so many cells; Chinese breaks between any two characters."""
    rows = (text[begin:end].lstrip() for begin, end in spans(text, width - cells(indent)))
    return [indent + row if row else "" for row in rows]


def spans(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each line in the text, without the spaces behind it."""
    at = 0
    for paragraph in text.split("\n"):
        row = ""
        for word in _words(paragraph):
            if row.strip() and cells(row + word.rstrip()) > width:
                yield _stripped(row, at)
                at += len(row)
                row = ""
            row += word
        yield _stripped(row, at)
        at += len(row) + 1


def _stripped(row: str, at: int) -> tuple[int, int]:
    return at, at + len(row.rstrip())


def cells(text: str) -> int:
    """The columns that a text takes."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str) -> Iterator[str]:
    """Where a line may break: after a space and around wide characters, but not before or after their brackets."""
    word = ""
    for character in text:
        wide = _cells(character) == 2
        stays = wide and unicodedata.category(character) in ("Po", "Pe", "Pf")
        stays = stays or (word != "" and unicodedata.category(word[-1]) in ("Ps", "Pi"))
        breaks = word[-1:] == " " or (not stays and (wide or (word != "" and _cells(word[-1]) == 2)))
        if word and breaks and character != " ":
            yield word
            word = ""
        word += character
    if word:
        yield word
