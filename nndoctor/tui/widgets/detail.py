"""Everything about the row under the highlight; of a finding the evidence, the line, pictures, the fix, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.case import Picture
from nndoctor.report.document import Document
from nndoctor.report.links import rows_below
from nndoctor.report.sections import Cause, Cure, Named
from nndoctor.report.words import phrase, separator, spot
from nndoctor.tui.keys import Spoken
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.code import change, coloured, excerpt
from nndoctor.tui.widgets.evidence import EvidenceTable
from nndoctor.tui.widgets.finding_list import MARKS
from nndoctor.tui.widgets.flowing import Flowing, flowing
from nndoctor.tui.widgets.picture import Drawing
from nndoctor.tui.widgets.probe_list import MARKS as OUTCOME_MARKS
from nndoctor.tui.words import Words

_CODE = re.compile(r"`([^`\n]+)`")
_OUTCOMES = {"cured": "$text-success", "worse": "$text-error"}
MOST_PLACES = 3
MOST_PICTURES = 3


class Detail(VerticalScroll, Spoken):
    """The larger half of the diagnosis; scrolled by the keys that move through lists."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "key.down", id="down", show=False),
        Binding("k,up", "scroll_up", "key.up", id="up", show=False),
        Binding("g,home", "scroll_home", "key.first", id="first", show=False),
        Binding("G,end", "scroll_end", "key.last", id="last", show=False),
    ]

    def __init__(self, words: Words) -> None:
        super().__init__(id="detail")
        self.speak(words)

    async def show(self, parts: Sequence[Widget]) -> None:
        """Shows these parts from their top."""
        async with self.batch():
            await self.remove_children()
            await self.mount_all(parts)
        self.scroll_home(animate=False)


def finding(cause: Cause, document: Document, words: Words) -> Iterator[Widget]:
    """The parts that tell one finding."""
    yield _headline(cause, words)
    yield from _chain(cause, words)
    yield _title(words("detail.evidence"))
    yield EvidenceTable(cause.by_fact, document, words)
    for place in cause.places[:MOST_PLACES]:
        yield _said(excerpt(place, document.lang, document.case.patient.directory), "code")
    if len(cause.places) > MOST_PLACES:
        yield _said(words("detail.more_places", count=len(cause.places) - MOST_PLACES), "aside")
    yield _title(words("detail.fix"))
    yield _said(cause.fix.do)
    if cause.fix.before or cause.fix.after:
        if cause.fix.own is not None:
            yield _said(phrase("own_lines", document.lang, spot=spot(cause.fix.own, document.lang)), "aside")
        yield _said(change(cause.fix.before, cause.fix.after), "code")
    if cause.fix.keras:
        yield _said("Keras", "aside")
        yield _said(coloured(cause.fix.keras), "code")
    yield from _cure(cause.cure, words)
    yield from _drawn(cause.pictures, words)  # below the fix, which three pictures would push pages away
    yield from _section(words("detail.why"), cause.why)
    yield from _section(words("detail.harmless"), cause.harmless)
    yield from _section(words("detail.sources"), "\n".join(cause.sources))


def _cure(cure: Cure | None, words: Words) -> Iterator[Widget]:
    if cure is None:
        return
    yield _title(words("detail.trial"))
    colour = _OUTCOMES.get(cure.outcome, "$text-warning")
    yield _said(Content.assemble((cure.headline, f"bold {colour}"), (f"\n{cure.note}" if cure.note else "", QUIET)))
    left = [words("detail.symptoms_left", count=len(arm.shows), of=len(cure.arms[0].shows)) for arm in cure.arms]
    rows = [
        Content.assemble(
            (arm.name, "bold"),
            (f" ({arm.change})" if arm.change else "", QUIET),
            f"  {words('examination.loss')} ",
            (arm.loss, "bold $text-warning"),
            f"  {symptoms}",
        )
        for arm, symptoms in zip(cure.arms, left, strict=True)
    ]
    if rows:
        yield _said(Content("\n").join(rows), "names")
    if cure.picture is not None:
        yield from _drawn((cure.picture,), words)


def symptoms(document: Document, words: Words) -> Iterator[Widget]:
    """What the user complains of, what was recognised, and what the user said."""
    yield _title(words("diagnosis.symptoms"))
    if not document.symptoms:
        yield _said(words("diagnosis.no_symptom"))
    for sign in document.symptoms:
        key = "both" if sign.complained and sign.evidence else "complained" if sign.complained else "recognised"
        told = (f"  {words(f'diagnosis.{key}')}", QUIET)
        rows = [
            Content.assemble(f"  {clause.says}  ", (clause.measured, "bold $text-warning")) for clause in sign.telling
        ]
        whole = Content("\n").join([Content.assemble((sign.symptom.title, "bold"), told), *rows])
        yield Static(Flowing(whole, hang="    "), classes="names", markup=False)
    if document.answers:
        yield _title(words("diagnosis.answers"))
        rows = [Content.assemble((f"{asked} ", QUIET), "→ ", said) for asked, said in document.answers]
        yield _said(Content("\n").join(rows), "names")


def ruled_out(document: Document, words: Words) -> Iterator[Widget]:
    """What was looked at and is not the cause."""
    yield _title(words("diagnosis.ruled_out_title", count=len(document.ruled_out)))
    yield _said(words("diagnosis.ruled_out_text"), "aside")
    yield _said(_names(document.ruled_out, "✓", "$text-success"), "names")


def not_examined(document: Document, words: Words) -> Iterator[Widget]:
    """What could not be decided, and why; rules that lack the same for the same reason stand together."""
    yield _title(words("diagnosis.not_examined_title", count=len(document.not_examined)))
    groups: dict[str, list[Named]] = {}
    for left in document.not_examined:
        reason = left.why or words("diagnosis.lacks", facts=", ".join(left.needs))
        groups.setdefault(reason, []).append(left.rule)
    for reason, rules in groups.items():
        yield _said(_names(rules, "–", QUIET), "names")
        yield _said(reason, "aside")


def probes(document: Document, words: Words) -> Iterator[Widget]:
    """What became of each probe, and what it drew where no finding shows it."""
    yield _title(words("diagnosis.probes"))
    if document.watched:
        yield _said(words("diagnosis.watched") + document.watched, "aside")
    rows = []
    for examined in document.probes:
        mark, style = OUTCOME_MARKS[examined.outcome]
        told = "" if examined.outcome == "measured" else f"  {words(f'outcome.{examined.outcome}')}"
        rows.append(Content.assemble((f"{mark} ", style), examined.probe.title, (told, QUIET)))
        if examined.why:
            rows.append(Content.styled("\n".join(f"    {row}" for row in examined.why.splitlines()), QUIET))
    yield _said(Content("\n").join(rows), "names")
    for examined in document.probes:
        yield from _drawn(examined.pictures, words)


def nothing_found(document: Document, words: Words) -> Iterator[Widget]:
    """No finding: the headline says whether all is well or nothing could be seen."""
    seen = any(examined.outcome == "measured" for examined in document.probes)
    mark, style = ("✓ ", "bold $text-success") if seen else ("⚠ ", "bold $text-warning")
    yield _said(Content.assemble((mark, style), (document.headline, "bold")), "headline")
    yield _said(words("diagnosis.nothing_text" if seen else "diagnosis.blind_text"))
    if not seen:
        yield from probes(document, words)
    yield from symptoms(document, words)


def _headline(cause: Cause, words: Words) -> Static:
    mark, style = MARKS[cause.status]
    kind = f" · {words(f'severity.{cause.severity}')} · {words(f'likelihood.{cause.likelihood}')} · {cause.rule.id}"
    told = Content.assemble((f"{mark} ", style), (cause.rule.title, "bold"), "\n  ")
    return _said(told + Content.assemble((words(f"status.{cause.status}"), style), (kind, QUIET)), "headline")


def _chain(cause: Cause, words: Words) -> Iterator[Widget]:
    rows = []
    if cause.caused_by:
        rows.append(words("detail.caused_by", names=_listed(cause.caused_by, words)))
    if cause.leads_to and not cause.chain:
        rows.append(words("detail.leads_to", names=_listed(cause.leads_to, words)))
    rows += rows_below(cause.chain, words.language)
    if rows:
        yield _said("\n".join(rows), "aside")


def _listed(names: Sequence[Named], words: Words) -> str:
    return separator(words.language).join(one.title for one in names)


def _drawn(pictures: Sequence[Picture], words: Words) -> Iterator[Widget]:
    for picture in pictures[:MOST_PICTURES]:
        yield Drawing(picture, words)


def _names(names: Sequence[Named], mark: str, style: str) -> Content:
    return Content("\n").join(Content.assemble((f"{mark} ", style), name.title) for name in names)


def _section(title: str, text: str) -> Iterator[Widget]:
    if text:
        yield _title(title)
        yield _said(text)


def _title(said: str) -> Static:
    return Static(Content(said), classes="section", markup=False)


def _said(said: Content | str, kind: str = "prose") -> Static:
    shown = said if isinstance(said, Content) else prose(said) if kind == "prose" else Content(said)
    return Static(shown if kind == "code" else flowing(shown), classes=kind, markup=False)


def prose(text: str) -> Content:
    """Paragraphs of a pack; what stands between backticks is code."""
    parts = _CODE.split(text)
    return Content.assemble(*((part, "$text-accent" if index % 2 else "") for index, part in enumerate(parts)))
