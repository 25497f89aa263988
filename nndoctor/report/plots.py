"""The pictures of a report as SVG, by matplotlib: curves, strips of layers, bars; the only module that meets it.

Every picture is drawn in a middle grey and in colours that read on white and on black, and carries a style for dark
pages. Orange dashed is the sick run and blue solid the treated one, everywhere.
"""

from __future__ import annotations

import io
import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from nndoctor.case import Picture, Series
from nndoctor.report import images
from nndoctor.report.code import line
from nndoctor.report.points import drawable, finite, thinned
from nndoctor.report.words import Language, phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

WIDTH = 7.2
"""Inches; the column of the page is about as wide at 96 dots an inch."""

HALF_WIDTH = 4.4
"""For two beside each other."""

MOST_NAMES = 24
"""Names along the axis of a strip; of more only every second, third... is written."""

INK = "#767676"
GAP = "#b3261e"
SICK, TREATED = "#d9730d", "#2f74d0"
# neither of those two, and told apart by colour-blind eyes too: after Okabe and Ito (2008), darkened to read on white
_OTHERS = ("#7b61c9", "#1f8f6b", "#8a7500", "#b0518f", "#3b97c4")
_DASHES = ("-", "--", "-.", ":")
_STYLES: Mapping[str, tuple[str, str]] = MappingProxyType({"sick": (SICK, "--"), "treated": (TREATED, "-")})

_DARK = (
    "<style>@media (prefers-color-scheme: dark){"
    f'text,[style*="fill: {INK}"]{{fill:#c9c9c9!important}}'
    f'[style*="stroke: {INK}"]{{stroke:#8f8f8f!important}}'
    "}</style>"
)
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "Arial Unicode MS",
)


def svg(picture: Picture, lang: Language, width: float = WIDTH) -> str:
    """One picture as a whole SVG file; the same picture gives the same text."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 - 0.7 s, only where a report is drawn
    from matplotlib.figure import Figure  # noqa: PLC0415

    with _our_style():
        figure = Figure(figsize=(width, _height(picture, width)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        match picture.kind:
            case "curve":
                _draw_curve(axes, picture, lang)
            case "strip":
                _draw_strip(axes, picture, lang)
            case "bars":
                _draw_bars(axes, picture)
            case "images":
                images.draw(axes, picture, width)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    head, mark, rest = drawn.getvalue().partition("<defs>")
    return f"{head[head.index('<svg') :]}{_DARK}{mark}{rest}"


@contextmanager
def _our_style() -> Iterator[None]:
    import matplotlib  # noqa: PLC0415
    from matplotlib.font_manager import fontManager  # noqa: PLC0415

    installed = {font.name for font in fontManager.ttflist}
    logger = logging.getLogger("matplotlib")
    level = logger.level
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()  # the reader's own matplotlibrc is for their own pictures
        matplotlib.rcParams.update(
            {
                "svg.fonttype": "none",  # text stays text: small, and the reader's own fonts know every script
                "svg.hashsalt": "nndoctor",
                "font.size": 9.0,
                "axes.edgecolor": INK,
                "axes.labelcolor": INK,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.unicode_minus": False,
                "text.color": INK,
                "xtick.color": INK,
                "ytick.color": INK,
                "text.parse_math": False,  # a layer may be named $x$
                "grid.color": INK,
                "grid.alpha": 0.25,
                "legend.frameon": False,
                "image.composite_image": False,  # each in its own few dots, not all of them at the size of the paper
            }
        )
        matplotlib.rcParams["font.family"] = [*(font for font in _FONTS if font in installed), "sans-serif"]
        # a glyph that our fonts lack is measured as a box, and drawn by the reader's fonts all the same
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


def _height(picture: Picture, width: float) -> float:
    match picture.kind:
        case "curve":
            return 2.6
        case "strip":
            return 1.2 + 0.34 * max(1, len(picture.series)) + (0.5 if _longest(picture.names) > 6 else 0.0)
        case "bars":
            return min(9.0, 0.7 + 0.26 * max(2, len(picture.names)))
        case "images":
            return images.height(picture, width)


def _longest(names: Sequence[str]) -> int:
    return max((len(name) for name in names), default=0)


def _style(series: Series, index: int) -> tuple[str, str]:
    """Colour and dash: fixed for sick and treated, else in turn."""
    return _STYLES.get(series.label, (_OTHERS[index % len(_OTHERS)], _DASHES[index % len(_DASHES)]))


def _draw_curve(axes: Axes, picture: Picture, lang: Language) -> None:
    logarithmic = picture.logarithmic and all(value > 0 for row in picture.series for value in finite(row))
    for index, whole in enumerate(picture.series):
        series = thinned(whole)
        colour, dash = _style(series, index)
        heights = [drawable(value, logarithmic=logarithmic) for value in series.y]
        alone = len(finite(series)) <= 1
        marker = "o" if alone else ""
        axes.plot(series.x, heights, color=colour, linestyle=dash, marker=marker, label=line(series.label), lw=1.5)
    if logarithmic:
        axes.set_yscale("log")
        _name_powers(axes.yaxis)
    axes.grid(visible=True, axis="y")
    places = [place for series in picture.series for place in series.x]
    if places and min(places) < max(places):  # a curve that ends in NaN is shown to its end
        axes.set_xlim(min(places), max(places))
    _mark_gaps(axes, picture, lang)
    for place, word in picture.marks:
        axes.axvline(place, color=GAP, lw=1.0, ls=":")
        axes.annotate(
            line(word), (place, 1.0), xycoords=("data", "axes fraction"), color=GAP, va="bottom", ha="center", size=8
        )
    if len(picture.series) > 4:  # no room for so many within the axes
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    elif len(picture.series) > 1 or axes.get_legend() is not None:
        axes.legend(loc="best", fontsize=8)


def _mark_gaps(axes: Axes, picture: Picture, lang: Language) -> None:
    """A cross at the foot of the axes for every stretch that was not finite."""
    starts = sorted(
        {
            series.x[index]
            for series in picture.series
            for index, value in enumerate(series.y)
            if value is None and (index == 0 or series.y[index - 1] is not None)
        }
    )
    if starts:
        transform = axes.get_xaxis_transform()
        axes.plot(
            starts[:50],
            [0.04] * len(starts[:50]),
            transform=transform,
            color=GAP,
            marker="X",
            ls="",
            ms=7,
            clip_on=False,
            label=phrase("non_finite", lang),
        )
        axes.legend()


def _draw_strip(axes: Axes, picture: Picture, lang: Language) -> None:
    from matplotlib.colors import LogNorm, Normalize  # noqa: PLC0415

    rows = [[drawable(value, logarithmic=picture.logarithmic) for value in series.y] for series in picture.series]
    seen = [value for row in rows for value in row if not math.isnan(value)]
    if not seen:
        axes.text(0.5, 0.5, phrase("none", lang), transform=axes.transAxes, ha="center")
        axes.set_axis_off()
        return
    least, most = min(seen), max(seen)
    norm = LogNorm(least, most) if picture.logarithmic and least < most else Normalize(least, most)
    axes.set_facecolor("none")
    mesh = axes.pcolormesh(rows, norm=norm, cmap="viridis", edgecolors=INK, linewidth=0.4)
    for row, heights in enumerate(rows):
        for column, value in enumerate(heights):
            if math.isnan(value):
                axes.text(column + 0.5, row + 0.5, "×", ha="center", va="center", color=GAP)
    axes.invert_yaxis()
    axes.set_yticks([row + 0.5 for row in range(len(rows))], [line(series.label) for series in picture.series])
    _name_columns(axes, picture.names, len(rows[0]))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.01, fraction=0.04)
    bar.outline.set_visible(False)
    if isinstance(norm, LogNorm):
        _name_powers(bar.ax.yaxis)


def _name_powers(axis: Axis) -> None:
    """Plain numbers on a logarithmic axis: ours would be read as mathematics, which we have turned off."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415

    least, most = sorted(axis.get_view_interval())
    few = math.log10(most) - math.log10(least) < 2
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _name_columns(axes: Axes, names: Sequence[str], count: int) -> None:
    step = -(-count // MOST_NAMES)
    places = range(0, min(count, len(names)), step)
    turned = _longest(names) > 6 and count > 3
    axes.set_xticks(
        [place + 0.5 for place in places],
        [_short(names[place]) for place in places],
        rotation=35 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
        fontsize=8,
    )


def _draw_bars(axes: Axes, picture: Picture) -> None:
    names = [_short(name) for name in picture.names]
    count = max(1, len(picture.series))
    thickness = 0.8 / count
    logarithmic = picture.logarithmic and all(value > 0 for row in picture.series for value in finite(row))
    for index, series in enumerate(picture.series):
        colour, _ = _style(series, index)
        places = [place + (index - (count - 1) / 2) * thickness for place in range(len(series.y))]
        lengths = [drawable(value, logarithmic=False) for value in series.y]
        axes.barh(places, lengths, height=thickness * 0.9, color=colour, label=line(series.label))
        for place, value in zip(places, series.y, strict=True):
            if value is None:
                axes.text(0.005, place, "×", transform=axes.get_yaxis_transform(), va="center", color=GAP)
    if logarithmic:
        axes.set_xscale("log")
        _name_powers(axes.xaxis)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    for place, word in picture.marks:
        axes.axvline(place, color=GAP, lw=1.0, ls=":")
        axes.annotate(line(word), (place, 1.0), xycoords=("data", "axes fraction"), color=GAP, size=8, ha="center")
    if len(picture.series) > 1:
        axes.legend(loc="best", fontsize=8)


def _short(name: str) -> str:
    """A name for an axis: of a long dotted path the end, which tells layers apart."""
    shown = line(name)
    return shown if len(shown) <= 26 else "…" + shown[-25:]
