"""The document as Markdown for an issue or a chat: tables, fenced code, and never longer than GitHub takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nndoctor.case import Picture, Place
from nndoctor.report import code
from nndoctor.report.document import Document
from nndoctor.report.images import told, typed
from nndoctor.report.links import rows
from nndoctor.report.sections import Cause, Clause, Cure, Examined, Fix, Named, Sign, Unexamined
from nndoctor.report.words import Language, colon, phrase, separator, spot
from nndoctor.report.wrapping import WIDTH

LIMIT = 65_536
"""Characters that GitHub takes in one issue."""

_SPECIAL = re.compile(r"([\\*_{}\[\]<>#|~!])")
_CODE = re.compile(r"(`[^`\n]+`)")


def markdown(document: Document) -> str:
    """The whole document; where it is too long, first its tables go, then its last findings."""
    lang = document.lang
    head = [f"# {escaped(document.title)}", f"**{escaped(document.headline)}**", _about(document)]
    findings = [cause_markdown(cause, lang).strip("\n") for cause in document.findings]
    tables = [
        _symptoms(document.symptoms, lang),
        _answers(document),
        _ruled_out(document.ruled_out, lang),
        _not_examined(document.not_examined, lang),
        _probes(document.probes, lang),
    ]
    foot = _foot(document)
    shortened = f"_{phrase('shortened', lang)}_"
    whole = _joined([*head, *findings, *tables, foot])
    over = len(whole) + len(shortened) - LIMIT + 8
    if over <= len(shortened):
        return whole
    while over > 0 and (tables or findings):
        over -= len((tables or findings).pop()) + 2
    return _joined([*head, *findings, *tables, shortened, foot])


def cause_markdown(cause: Cause, lang: Language) -> str:
    """One finding by itself."""
    status = ", ".join(phrase(word, lang) for word in (cause.status, cause.severity))
    return _joined(
        [
            f"## {cause.rank}. {escaped(cause.rule.title)} ({status})",
            _chain(cause, lang),
            _headed("chain", _links(cause, lang), lang),
            _evidence(cause.evidence, lang),
            *(_place(place, lang) for place in cause.places),
            *(_images(picture, lang) for picture in cause.pictures if picture.kind == "images"),
            f"**{phrase('fix', lang)}**",
            fix_markdown(cause.fix, lang),
            _cure(cause.cure, lang),
            f"**{phrase('why', lang)}**",
            prose(cause.why),
            _headed("harmless", prose(cause.harmless), lang),
            _headed("sources", "\n".join(f"- {_source(source)}" for source in cause.sources), lang),
        ]
    )


def _cure(cure: Cure | None, lang: Language) -> str:
    if cure is None:
        return ""
    head = [phrase(key, lang) for key in ("trial.run", "trial.change", "trial.loss", "trial.shows")]
    rows = (
        [escaped(arm.name), escaped(arm.change), _cell(arm.loss), escaped(separator(lang).join(arm.shows))]
        for arm in cure.arms
    )
    return _joined(
        [f"**{phrase('trial', lang)}**", f"{escaped(cure.headline)}. {escaped(cure.note)}", _table(head, rows)]
    )


def fix_markdown(fix: Fix, lang: Language) -> str:
    """What to do, with the code before and after as a diff."""
    signs = {"same": " ", "removed": "-", "added": "+"}
    diff = "\n".join(f"{signs[kind]} {row}".rstrip() for kind, row in code.changes(fix.before, fix.after))
    keras = _headed("keras", fenced(fix.keras, "python"), lang) if fix.keras else ""
    own = phrase("own_lines", lang, spot=inline(spot(fix.own, lang))) if fix.own is not None else ""
    return _joined([prose(fix.do), own, fenced(diff, "diff") if diff else "", keras])


def escaped(text: str) -> str:
    """Text on one line whose signs mean nothing."""
    return _SPECIAL.sub(r"\\\1", code.line(text)).replace("`", "\\`")


def prose(text: str) -> str:
    """Paragraphs of a pack: `code` stays code, all else is plain."""
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in _CODE.split(text))


def inline(text: str) -> str:
    """Text on one line as code, whatever backticks it holds."""
    shown = code.line(text)
    if not shown:
        return ""
    ticks = "`" * (_longest_run(shown) + 1)
    room = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{room}{shown}{room}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """Text as a block of code, whatever backticks it holds."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _headed(key: str, text: str, lang: Language) -> str:
    return f"**{phrase(key, lang)}**\n\n{text}" if text else ""


def _source(source: str) -> str:
    return source if re.fullmatch(r"https?://[^\s<>]+", source) else escaped(source)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    told = list(rows)
    lines = [head, ["---"] * len(head), *told]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines) if told else ""


def _cell(text: str) -> str:
    """Code in a table: there a pipe ends the cell even within backticks."""
    return inline(text).replace("|", "\\|")


def _folded(key: str, count: int, body: str, lang: Language) -> str:
    if not count:
        return ""
    return f"<details><summary>{phrase(key, lang)} ({count})</summary>\n\n{body}\n\n</details>"


def _about(document: Document) -> str:
    rows = [(phrase("target", document.lang), inline(document.target))]
    rows += [(phrase("watched", document.lang), escaped(document.watched))] if document.watched else []
    rows += [(escaped(name), inline(value)) for name, value in document.environment]
    return "\n".join(f"- {name}: {value}" for name, value in rows)


def _chain(cause: Cause, lang: Language) -> str:
    said = [inline(cause.rule.id)]
    for key, named in (("caused_by", cause.caused_by), ("leads_to", cause.leads_to)):
        if named:
            said.append(f"{phrase(key, lang)} {separator(lang).join(escaped(one.title) for one in named)}")
    if cause.behind is not None:
        said.append(f"{phrase('behind', lang)} {escaped(cause.behind.title)}")
    return "; ".join(said)


def _links(cause: Cause, lang: Language) -> str:
    return "\n".join(f"{number}. {escaped(row)}" for number, row in enumerate(rows(cause.chain, lang), 1))


def _evidence(evidence: Sequence[Clause], lang: Language) -> str:
    head = [phrase(key, lang) for key in ("fact", "value", "expected")]
    return _table(head, ([escaped(row.says), _cell(row.measured), _cell(row.asked)] for row in evidence))


def _place(place: Place, lang: Language) -> str:
    where = inline(spot(place, lang))
    return f"{where}\n\n{fenced(place.code, 'python')}" if place.code else where


def _images(picture: Picture, lang: Language) -> str:
    """What the network is shown, in characters: an issue takes no pictures but those that lie somewhere else."""
    title, note = told(picture, lang)
    return f"{escaped(title)}\n\n{fenced(chr(10).join(typed(picture, WIDTH)))}\n\n{escaped(note)}"


def _symptoms(signs: Sequence[Sign], lang: Language) -> str:
    rows = []
    for sign in signs:
        seen = "; ".join(f"{escaped(clause.says)}{colon(lang)}{_cell(clause.measured)}" for clause in sign.telling)
        why = [phrase("complained", lang)] if sign.complained else []
        rows.append([escaped(sign.symptom.title), "; ".join([*why, *([seen] if seen else [])])])
    table = _table([phrase("symptoms", lang), phrase("evidence", lang)], rows)
    return f"## {phrase('symptoms', lang)}\n\n{table}" if table else ""


def _answers(document: Document) -> str:
    rows = "\n".join(f"- {escaped(question)} {escaped(said)}" for question, said in document.answers)
    return _folded("answers", len(document.answers), rows, document.lang)


def _ruled_out(rules: Sequence[Named], lang: Language) -> str:
    return _folded(
        "ruled_out", len(rules), "\n".join(f"- {escaped(rule.title)} {inline(rule.id)}" for rule in rules), lang
    )


def _not_examined(left: Sequence[Unexamined], lang: Language) -> str:
    head = [phrase(key, lang) for key in ("cause", "needs", "reason")]
    rows = ([escaped(one.rule.title), " ".join(map(_cell, one.needs)), escaped(one.why)] for one in left)
    return _folded("not_examined", len(left), _table(head, rows), lang)


def _probes(probes: Sequence[Examined], lang: Language) -> str:
    head = [phrase(key, lang) for key in ("probe", "outcome", "fact", "value")]
    rows = []
    for probe in probes:
        outcome = phrase(probe.outcome, lang)
        rows += [[_cell(probe.probe.id), outcome, _cell(fact.name), _cell(fact.measured)] for fact in probe.facts]
        if not probe.facts:
            rows.append([_cell(probe.probe.id), outcome, escaped(probe.why), ""])
    return _folded("probes", len(probes), _table(head, rows), lang)


def _foot(document: Document) -> str:
    key = "made" if document.made else "version"
    return f"_{escaped(phrase(key, document.lang, made=document.made, version=document.version))}_"
