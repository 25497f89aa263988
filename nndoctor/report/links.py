"""The chain from a cause to its symptom in words: one row for each link, with the moment at which it was first seen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nndoctor.report.sections import LinkTold
from nndoctor.report.words import Language, phrase

_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]")


def brief(says: str) -> str:
    """What a fact says, without the remarks in brackets."""
    return _REMARK.sub("", says)


def row(link: LinkTold, lang: Language) -> str:
    """A link on one line, as `The loss becomes NaN, step 13`."""
    said = brief(link.seen) if link.kind == "sign" else link.what.title
    # without a moment a cause has no beginning to tell of
    if link.kind == "cause" and link.step is not None:
        said = phrase("with_sign", lang, said=said, seen=brief(link.seen))
    return _dated(said, link, lang)


def rows(chain: Sequence[LinkTold], lang: Language) -> tuple[str, ...]:
    """The chain, the cause first, each that follows behind an arrow."""
    return tuple(f"{'→ ' if number else ''}{row(link, lang)}" for number, link in enumerate(chain))


def rows_below(chain: Sequence[LinkTold], lang: Language) -> tuple[str, ...]:
    """The same where the cause's name stands above it: of the cause only what was seen first, if it has a moment."""
    begun = [_dated(brief(link.seen), link, lang) for link in chain[:1] if link.step is not None]
    return (*begun, *rows(chain, lang)[1:])


def _dated(said: str, link: LinkTold, lang: Language) -> str:
    return said if link.step is None else phrase("at_step", lang, said=said, step=link.step)
