"""One HTML file that needs nothing else: no script, no network, pictures inside, for day, night and paper."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from nndoctor.case import Picture, Place
from nndoctor.report import code, plots
from nndoctor.report.document import Document
from nndoctor.report.images import told
from nndoctor.report.links import rows
from nndoctor.report.sections import Cause, Fix
from nndoctor.report.words import Language, colon, phrase, separator, spot

_HTML_LANG = {"en": "en", "zh": "zh-Hans"}
_LINK = re.compile(r"https?://[^\s\"'<>]+")
_CODE = re.compile(r"`([^`\n]+)`")


def html(document: Document) -> str:
    """The document as a whole HTML page; all that others wrote is escaped."""
    environment = Environment(
        loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    template = environment.get_template("page.html.jinja")
    page = _Page(document.lang, frozenset(cause.rule.id for cause in document.findings))
    return template.render(document=document, page=page, say=partial(_say, document.lang))


def prose(text: str) -> list[list[tuple[str, str]]]:
    """Paragraphs of (kind, words), kind being code for what stands between backticks, else text."""
    return [
        [("code" if index % 2 else "text", words) for index, words in enumerate(_CODE.split(paragraph)) if words]
        for paragraph in code.paragraphs(text).splitlines()
    ]


@dataclass(slots=True)
class _Page:
    """What the template asks for beside the document."""

    lang: Language
    told: frozenset[str]
    style: Markup = field(init=False)
    images: dict[tuple[int, float], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.style = Markup(_file("page.css"))  # noqa: S704 - our own file

    @property
    def style_hash(self) -> str:
        return f"sha256-{base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()}"

    @property
    def html_lang(self) -> str:
        return _HTML_LANG[self.lang]

    @property
    def comma(self) -> str:
        return separator(self.lang)

    @property
    def colon(self) -> str:
        return colon(self.lang)

    def spot(self, place: Place) -> str:
        return spot(place, self.lang)

    def title_of(self, picture: Picture) -> str:
        return told(picture, self.lang)[0]

    def note_of(self, picture: Picture) -> str:
        return told(picture, self.lang)[1]

    def image_of(self, picture: Picture, *, half: bool = False) -> str:
        """The picture as a data URI: inside an image not even a forged SVG could run anything."""
        width = plots.HALF_WIDTH if half else plots.WIDTH
        if (id(picture), width) not in self.images:
            drawn = plots.svg(picture, self.lang, width).encode()
            self.images[id(picture), width] = f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
        return self.images[id(picture), width]

    def paragraphs(self, text: str) -> list[list[tuple[str, str]]]:
        return prose(text)

    def changes(self, fix: Fix) -> Sequence[tuple[code.Change, str]]:
        return code.changes(fix.before, fix.after)

    def chain(self, cause: Cause) -> Sequence[str]:
        return rows(cause.chain, self.lang)

    def is_link(self, source: str) -> bool:
        return _LINK.fullmatch(source) is not None


def _say(lang: Language, key: str, **values: str) -> str:
    return phrase(key, lang, **values)


def _file(name: str) -> str:
    return files("nndoctor.report").joinpath(name).read_text(encoding="utf-8")
