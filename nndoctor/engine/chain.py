"""The chain from a cause to the symptom that it ends in: what was seen of it on the way, link by link, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nndoctor.engine.judge import Witness
from nndoctor.rulebook.pack import Rulebook

LinkKind = Literal["cause", "sign", "echo", "symptom"]
_NEVER = float("inf")
MOST_SIGNS = 3
"""So many facts of the cause's own are told between it and what follows: the earliest, and the last before the end."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link: `id` is a rule (cause, echo), a symptom, or the fact of a sign of the cause itself.

    `witness` is the fact that showed it first, `step` the iteration of that; None where no fact tells.
    """

    kind: LinkKind
    id: str
    witness: Witness | None = None
    step: int | None = None


def chain(
    rule: str,
    confirmed: Mapping[str, Sequence[Witness]],
    symptoms: Mapping[str, Sequence[Witness]],
    rulebook: Rulebook,
) -> tuple[Link, ...]:
    """The chain of one confirmed rule; () where nothing is known to follow from it.

    `confirmed` are all such rules, `symptoms` those that count, the foremost first, each with its witnesses.
    """
    echoes = echoes_of(rule, confirmed, rulebook)
    effects = {effect for cause in (rule, *echoes) for effect in rulebook.rules[cause].leads_to}
    end = next((symptom for symptom in symptoms if symptom in effects), None)
    if not echoes and end is None:
        return ()
    links = [_link("echo", echo, confirmed[echo]) for echo in echoes]
    last = [] if end is None else [_link("symptom", end, symptoms[end])]
    # what shows an echo or the symptom is no sign of the cause itself
    theirs = {witness.fact for later in (*echoes, *([] if end is None else [end]))
              for witness in (*confirmed.get(later, ()), *symptoms.get(later, ()))}  # fmt: skip
    own = [witness for witness in confirmed[rule] if witness.fact not in theirs]
    first = _link("cause", rule, own)
    signs = [Link("sign", sign.fact, sign, sign.step) for sign in _signs(own, first.witness)]
    return (first, *_merged(signs, links), *last)


def echoes_of(rule: str, confirmed: Mapping[str, Sequence[Witness]], rulebook: Rulebook) -> list[str]:
    """The confirmed rules that this one leads to, at whatever distance: the nearer first, of equals the earlier."""
    found: dict[str, None] = {}
    ahead = [rule]
    while ahead:
        near = {effect for cause in ahead for effect in rulebook.rules[cause].leads_to if effect in confirmed}
        ahead = sorted(near - {rule, *found}, key=lambda echo: (_earliest(confirmed[echo]), echo))
        found |= dict.fromkeys(ahead)
    return list(found)


def _link(kind: LinkKind, id_: str, witnesses: Sequence[Witness]) -> Link:
    dated = _dated(witnesses)
    # conditions are written with what must be given first, and what shows last
    shown = min(dated, key=lambda witness: witness.step or 0) if dated else next(reversed(witnesses), None)
    return Link(kind, id_, shown, None if shown is None else shown.step)


def _earliest(witnesses: Iterable[Witness]) -> float:
    return min((witness.step for witness in witnesses if witness.step is not None), default=_NEVER)


def _dated(witnesses: Iterable[Witness]) -> list[Witness]:
    """Those with a moment; what is only not there, or small, tells little beside what is."""
    dated = [witness for witness in witnesses if witness.step is not None]
    return [witness for witness in dated if not witness.expected.startswith(("<", "≤", "≠", "= false"))] or dated


def _signs(own: Iterable[Witness], told: Witness | None) -> list[Witness]:
    """What else is known of the cause's course: one fact a step, in order of time."""
    after = -1 if told is None or told.step is None else told.step
    by_step = {witness.step: witness for witness in _dated(own) if witness.step is not None and witness.step > after}
    ordered = [by_step[step] for step in sorted(by_step)]
    return ordered if len(ordered) <= MOST_SIGNS else [ordered[0], *ordered[-(MOST_SIGNS - 1) :]]


def _merged(signs: list[Link], echoes: list[Link]) -> Iterable[Link]:
    """Both in their own order: an echo comes before a sign only if it was seen before it."""
    ahead, merged = list(signs), []
    for echo in echoes:
        while ahead and (echo.step is None or (ahead[0].step or 0) <= echo.step):
            merged.append(ahead.pop(0))
        merged.append(echo)
    return [*merged, *ahead]
