"""The course of a disease in words: what is cured, left and new since the examination before."""

from __future__ import annotations

from nndoctor.engine.recovery import Recovery
from nndoctor.report import code
from nndoctor.report.words import Language, colon, phrase
from nndoctor.rulebook.pack import Rulebook

INDENT = "   "


def course(recovery: Recovery, rulebook: Rulebook, lang: Language) -> str:
    """The headline, and a row for each cause and symptom."""
    causes = (
        ("is_cured", recovery.cured),
        ("is_left", recovery.left),
        ("is_unclear", recovery.unclear),
        ("is_new", recovery.new),
    )
    signs = (("gone", recovery.symptoms_gone), ("stays", recovery.symptoms_left))
    rows = [phrase(f"recovery.{recovery.course}", lang)]
    for key, rules in causes:
        rows += [_row(key, rulebook.rules[rule].title.in_language(lang), f" ({rule})", lang) for rule in rules]
    for key, symptoms in signs:
        rows += [_row(key, rulebook.symptoms[sign].title.in_language(lang), "", lang) for sign in symptoms]
    return "\n".join(rows) + "\n"


def _row(key: str, title: str, id_: str, lang: Language) -> str:
    return f"{INDENT}{phrase(f'recovery.{key}', lang)}{colon(lang)}{code.line(title)}{id_}"
