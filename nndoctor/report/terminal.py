"""The document as plain text for a terminal or a log: what is wrong, how it shows, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from nndoctor.case import Picture, Place
from nndoctor.report import code
from nndoctor.report.document import Document
from nndoctor.report.images import told, typed
from nndoctor.report.links import brief
from nndoctor.report.links import rows as links
from nndoctor.report.sections import Cause, Clause, Cure, Fix, Sign
from nndoctor.report.words import Language, colon, phrase, separator, spot
from nndoctor.report.wrapping import WIDTH, cells, wrapped

INDENT = "   "
_SIGNS = {"same": " ", "removed": "-", "added": "+"}


def terminal(document: Document) -> str:
    """The printed diagnosis. Nothing in it is markup, and no character steers a terminal."""
    rows = [document.headline, ""]
    if document.symptoms:
        rows += [phrase("symptoms", document.lang), *(_symptom(sign, document.lang) for sign in document.symptoms), ""]
    for cause in document.findings:
        rows += [*_cause(cause, document.lang), ""]
    rows += _out_of_sight(document)
    measured = sum(probe.outcome == "measured" for probe in document.probes)
    counts = {
        "ruled_out": len(document.ruled_out),
        "not_examined": len(document.not_examined),
        "measured": measured,
        "probes": len(document.probes),
    }
    rows.append(phrase("counts", document.lang, **counts))
    if document.watched:
        rows += wrapped(f"{phrase('watched', document.lang)}{colon(document.lang)}{document.watched}.")
    return "\n".join(row.rstrip() for row in rows) + "\n"


def _out_of_sight(document: Document) -> list[str]:
    """What trained where no probe could look: nothing was concluded about it."""
    facts = [fact for probe in document.probes if probe.probe.id == "out_of_sight" for fact in probe.facts]
    head = f"{phrase('out_of_sight', document.lang)}{colon(document.lang)}"
    rows = [row for fact in facts for row in wrapped(f"{head}{fact.says}{colon(document.lang)}{fact.measured}")]
    return [*rows, ""] if rows else []


def _symptom(sign: Sign, lang: Language) -> str:
    """One line, with as many of the telling facts as it has room for."""
    row, told = f"{INDENT}{sign.symptom.title}", [phrase("complained", lang)] if sign.complained else []
    for clause in reversed(sign.telling):
        more = [*told, f"{brief(clause.says)}{colon(lang)}{clause.measured}"]
        if cells(f"{row} ({separator(lang).join(more)})") <= WIDTH:
            told = more
    return f"{row} ({separator(lang).join(told or [phrase('recognised', lang)])})"


def _cause(cause: Cause, lang: Language) -> list[str]:
    status = ", ".join(phrase(word, lang) for word in (cause.status, cause.severity))
    rows = [*wrapped(f"{cause.rank}. {cause.rule.title} [{status}]"), f"{INDENT}{cause.rule.id}"]
    for key, named in (("caused_by", cause.caused_by), ("leads_to", cause.leads_to)):
        if named and not (key == "leads_to" and cause.chain):
            rows += wrapped(f"{phrase(key, lang)} {separator(lang).join(one.title for one in named)}", INDENT)
    if cause.behind is not None:
        rows += wrapped(f"{phrase('behind', lang)} {cause.behind.title}", INDENT)
    if cause.chain:
        rows += _headed("chain", lang)
    for link in links(cause.chain, lang):
        rows += wrapped(link, INDENT * 2)
    rows += _headed("evidence", lang)
    for clause in cause.by_fact:
        rows += _clause(clause, lang)
    rows += [row for place in cause.places for row in _place(place, lang)]
    rows += _images(cause.pictures, lang)
    rows += [*_headed("fix", lang), *_fix(cause.fix, lang)]
    rows += _cure(cause.cure, lang)
    rows += [*_headed("why", lang), *wrapped(cause.why, INDENT * 2)]
    if cause.harmless:
        rows += [*_headed("harmless", lang), *wrapped(cause.harmless, INDENT * 2)]
    return rows


def _images(pictures: Sequence[Picture], lang: Language) -> list[str]:
    """Of all pictures only what the network is shown: curves are for eyes, and have their place in a page."""
    rows: list[str] = []
    for picture in pictures:
        if picture.kind == "images":
            title, note = told(picture, lang)
            drawn = (f"{INDENT * 2}{row}" for row in typed(picture, WIDTH - 2 * len(INDENT)))
            rows += [*wrapped(title, INDENT), *wrapped(note, INDENT * 2), *drawn]
    return rows


def _fix(fix: Fix, lang: Language) -> list[str]:
    own = "" if fix.own is None else phrase("own_lines", lang, spot=spot(fix.own, lang))
    changes = code.changes(fix.before, fix.after)
    told = [*wrapped(fix.do, INDENT * 2), *(f"{INDENT * 2}{row}" for row in (own,) if row)]
    return told + [f"{INDENT * 2}{_SIGNS[kind]} {row}" for kind, row in changes]


def _cure(cure: Cure | None, lang: Language) -> list[str]:
    if cure is None:
        return []
    rows = [*_headed("trial", lang), *wrapped(cure.headline, INDENT * 2), *wrapped(cure.note, INDENT * 2)]
    for arm in cure.arms:
        change = f" ({arm.change})" if arm.change else ""
        loss = f"{phrase('trial.loss', lang)}{colon(lang)}{arm.loss}"
        shows = f"{phrase('trial.shows', lang)}{colon(lang)}{separator(lang).join(arm.shows) or phrase('none', lang)}"
        rows += wrapped(f"{arm.name}{change}{colon(lang)}{separator(lang).join((loss, shows))}", INDENT * 2)
    return rows


def _headed(key: str, lang: Language) -> list[str]:
    return [f"{INDENT}{phrase(key, lang)}"]


def _clause(clause: Clause, lang: Language) -> list[str]:
    # of a flag or a label the rule can only have asked for what was measured
    bounded = not isinstance(clause.value, bool | str)
    asked = f" ({phrase('asks', lang, expected=clause.asked)})" if bounded else ""
    return wrapped(f"{clause.says}{colon(lang)}{clause.measured}{asked}", INDENT * 2)


def _place(place: Place, lang: Language) -> list[str]:
    where = f"{INDENT * 2}{spot(place, lang)}"
    return [where, f"{INDENT * 3}{place.code}"] if place.code else [where]
