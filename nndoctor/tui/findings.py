"""A finding for the clipboard: all of it as Markdown, or the fix alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nndoctor.tui.words import Words

if TYPE_CHECKING:  # the report comes with the rulebook, after the first frame
    from nndoctor.report.document import Cause, Clause


def criterion(clause: Clause, words: Words) -> str:
    """What the rule asks for, "" where the statement says it all."""
    return "" if isinstance(clause.value, bool) else words("evidence.rule", expected=clause.expected)


def as_markdown(cause: Cause, words: Words) -> str:
    """The finding for an issue or a chat."""
    return "\n\n".join(part for part in _parts(cause, words) if part) + "\n"


def fix_alone(cause: Cause) -> str:
    """The code after the change, or the words where no code is given."""
    return cause.fix.after or cause.fix.do


def _parts(cause: Cause, words: Words) -> Iterator[str]:
    yield f"### {cause.rule.title}"
    yield f"{words(f'status.{cause.status}')} · {words(f'severity.{cause.severity}')} · `{cause.rule.id}`"
    yield "\n".join(_evidence(clause, words) for clause in cause.evidence)
    for place in cause.places:
        yield f"`{place.file}:{place.line}`" + (f"\n\n{_fenced(place.code, 'python')}" if place.code else "")
    yield cause.why
    yield f"**{words('detail.fix')}**: {cause.fix.do}"
    rows = [f"- {row}" for row in cause.fix.before.splitlines()] + [f"+ {row}" for row in cause.fix.after.splitlines()]
    yield _fenced("\n".join(rows), "diff") if rows else ""
    yield "\n".join(f"<{source}>" if "://" in source else source for source in cause.sources)


def _evidence(clause: Clause, words: Words) -> str:
    rule = criterion(clause, words)
    return f"- {clause.says}: **{clause.measured}**" + (f" ({rule})" if rule else "")


def _fenced(code: str, language: str) -> str:
    fence = "````" if "```" in code else "```"
    return f"{fence}{language}\n{code}\n{fence}"
