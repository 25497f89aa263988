"""The images of a picture, side by side: in the axes of a plot, or in characters that any log can hold."""

from __future__ import annotations

from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from nndoctor.case import Image, Picture
from nndoctor.report.code import line, paragraphs
from nndoctor.report.words import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCH = 0.9
"""An image's width on paper, its margin included."""
MARGIN = 0.06
WORD = 0.25
"""The height of the word below an image, over an image's width."""
LONGEST = 2.0
"""An image is drawn at most so many times as high as wide."""
SHADES = " .:-=+*#%@"
"""From black to white, on a dark ground."""

Dots = list[list[bytes]]


def height(picture: Picture, width: float) -> float:
    """Inches that the images take on a paper of that width."""
    return INCH * _row_height(picture) * max(1, -(-len(picture.images) // _abreast(width))) + 0.1


def draw(axes: Axes, picture: Picture, width: float) -> None:
    """Every image in a field of its own, the word of each below it."""
    abreast, below = _abreast(width), _row_height(picture)
    for number, image in enumerate(picture.images):
        left, top = number % abreast, number // abreast * below
        wide = min(1.0, LONGEST * image.width / max(1, image.height)) - MARGIN
        bottom = top + wide * image.height / max(1, image.width)
        if dots := image.rows():
            values = [[dot[0] if len(dot) == 1 else tuple(dot) for dot in row] for row in dots]
            box = (left, left + wide, bottom, top)
            axes.imshow(values, cmap="gray", vmin=0, vmax=255, extent=box, interpolation="none")
        if number < len(picture.names):
            axes.text(left + wide / 2, bottom, line(picture.names[number])[:12], ha="center", va="top", size=8)
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(0, abreast)
    axes.set_ylim(max(1, -(-len(picture.images) // abreast)) * below, 0)


def _abreast(width: float) -> int:
    return max(1, int(width / INCH))


def _row_height(picture: Picture) -> float:
    tallest = max((image.height / max(1, image.width) for image in picture.images), default=1.0)
    return min(LONGEST, tallest) + (WORD if picture.names else 0.0)


def told(picture: Picture, lang: Language) -> tuple[str, str]:
    """What stands above a picture, and what below it."""
    above, below = (words.get(lang) or words.get("en", "") for words in (picture.title, picture.note))
    return line(above), paragraphs(below)


def typed(picture: Picture, width: int) -> list[str]:
    """The first three of the images side by side, as lines of characters, and their words."""
    drawn = [rows for image in picture.images[:3] if (rows := inked(shrunk(image, width // 3 - 2)))]
    wide = max((len(row) for rows in drawn for row in rows), default=0) + 2
    words = [[line(name)[: wide - 2]] for name in picture.names[: len(drawn)]]
    lines = [*zip_longest(*drawn, fillvalue=""), *zip(*words, strict=True)]
    return ["".join(part.ljust(wide) for part in parts).rstrip() for parts in lines]


def inked(rows: Dots) -> list[str]:
    """A character is about twice as high as wide: it stands for two dots, one above the other."""
    return [
        "".join(SHADES[(_bright(one) + _bright(two)) * len(SHADES) // 511] for one, two in zip(*pair, strict=True))
        for pair in paired(rows)
    ]


def shrunk(image: Image, widest: int) -> Dots:
    """The dots of the image, at most so many in a row: each the mean of those that it stands for."""
    rows = image.rows()
    wide = min(image.width, max(1, widest))
    if not rows or wide == image.width:
        return rows
    high = max(1, round(image.height * wide / image.width))
    across = list(pairwise(image.width * number // wide for number in range(wide + 1)))
    down = pairwise(image.height * number // high for number in range(high + 1))
    return [[_mean([dot for row in rows[top:bottom] for dot in row[a:b]]) for a, b in across] for top, bottom in down]


def paired(rows: Dots) -> list[tuple[list[bytes], list[bytes]]]:
    """Two rows of dots for each row of characters; the last of an odd number stands for both."""
    return [(rows[at], rows[min(at + 1, len(rows) - 1)]) for at in range(0, len(rows), 2)]


def _bright(dot: bytes) -> int:
    return sum(dot) // len(dot)


def _mean(dots: list[bytes]) -> bytes:
    return bytes(sum(values) // len(dots) for values in zip(*dots, strict=True))
