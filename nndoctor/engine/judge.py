"""Three-valued judgement of a condition: yes, no, or unknown with the facts that could still decide it.

Kleene's strong logic (Introduction to Metamathematics, 1952, section 64): a missing fact is neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import ge, gt, le, lt
from types import MappingProxyType
from typing import assert_never

from nndoctor.case import Fact, FactValue, Place
from nndoctor.probe import Kind
from nndoctor.rulebook.condition import All, AnyOf, Comparison, Condition, Constant, Leaf, Not


class Answer(StrEnum):
    """The three truth values."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Witness:
    """A clause that holds: the fact's value, what was expected of it, where and when it shows, and in which layers.

    `expected` reads alike in every language, as `> 0.1`; `negated` if the clause stands under a `not`, and then
    `expected` is already turned round.
    """

    fact: str
    value: FactValue
    expected: str
    where: tuple[Place, ...] = ()
    layers: tuple[str, ...] = ()
    negated: bool = False
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer; while it is unknown, the facts it `lacks`; and the clauses that speak for a yes so far."""

    answer: Answer
    lacks: frozenset[str] = frozenset()
    witnesses: tuple[Witness, ...] = ()


def judge(condition: Condition, facts: Mapping[str, Fact]) -> Verdict:
    """The verdict on a condition from the facts known. A fact of a kind that can't be compared counts as missing."""
    return _judged(condition, facts, negated=False)


def _judged(condition: Condition, facts: Mapping[str, Fact], *, negated: bool) -> Verdict:
    match condition:
        case Leaf():
            return _of_leaf(condition, facts.get(condition.fact), negated=negated)
        case Not():
            return _judged(condition.of, facts, negated=not negated)
        case All() | AnyOf():
            parts = [_judged(part, facts, negated=negated) for part in condition.of]
            # De Morgan: under a `not`, all of them means any of their opposites
            return _joined(parts, decisive=Answer.NO if isinstance(condition, All) != negated else Answer.YES)
        case _:
            assert_never(condition)


def _joined(parts: list[Verdict], *, decisive: Answer) -> Verdict:
    """One part with the decisive answer decides; without it, one unknown part leaves the whole open."""
    answers = {part.answer for part in parts}
    if decisive in answers:
        answer = decisive
    elif Answer.UNKNOWN in answers:
        answer = Answer.UNKNOWN
    else:
        answer = Answer.YES if decisive is Answer.NO else Answer.NO
    if answer is Answer.NO:
        return Verdict(answer)
    witnesses = tuple(
        witness for part in parts if part.answer is Answer.YES or answer is Answer.UNKNOWN for witness in part.witnesses
    )
    if answer is Answer.YES:
        return Verdict(answer, witnesses=witnesses)
    lacks = frozenset(fact for part in parts if part.answer is Answer.UNKNOWN for fact in part.lacks)
    return Verdict(answer, lacks, witnesses)


def _of_leaf(leaf: Leaf, fact: Fact | None, *, negated: bool) -> Verdict:
    shown = None if fact is None else _shown(leaf, fact.value)
    if fact is None or shown is None:
        return Verdict(Answer.UNKNOWN, frozenset({leaf.fact}))
    holds, layers = shown
    if holds is negated:
        return Verdict(Answer.NO)
    if negated and isinstance(fact.value, Mapping):
        layers = tuple(layer for layer in fact.value if layer not in layers)
    expected = _expected(leaf.layered or leaf, negated=negated)
    witness = Witness(leaf.fact, fact.value, expected, fact.where, layers, negated, fact.step)
    return Verdict(Answer.YES, witnesses=(witness,))


def _shown(leaf: Leaf, value: FactValue) -> tuple[bool, tuple[str, ...]] | None:
    """Does the value bear the leaf out, and in which layers? None if it is not of a kind to say."""
    if leaf.layered is None:
        holds = _compared(leaf, value)
        return None if holds is None else (holds, ())
    if not isinstance(value, Mapping):
        return None
    layers = tuple(layer for layer, number in value.items() if _compared(leaf.layered, number))
    # no layer at all shows nothing: `every` of nothing is no
    return bool(layers) and (leaf.some is not None or len(layers) == len(value)), layers


_HOLDS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"above": gt, "at_least": ge, "below": lt, "at_most": le}
)


def _compared(comparison: Comparison, value: FactValue) -> bool | None:
    bound = comparison.bound()
    if bound is not None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return _HOLDS[bound[0]](value, bound[1])
    constants = comparison.constants()
    if kind_of(value) not in {kind_of(constant) for constant in constants}:
        return None
    return any(kind_of(value) == kind_of(constant) and value == constant for constant in constants)


def kind_of(value: FactValue) -> Kind:
    """Which kind of fact a value is."""
    match value:
        case bool():
            return "flag"
        case int() | float():
            return "number"
        case str():
            return "label"
        case _:
            return "by_layer"


_SIGNS = MappingProxyType({"above": ">", "at_least": "≥", "below": "<", "at_most": "≤"})
_TURNED = MappingProxyType({"above": "≤", "at_least": "<", "below": "≥", "at_most": ">"})


def _expected(comparison: Comparison, *, negated: bool) -> str:
    bound = comparison.bound()
    if bound is not None:
        return f"{(_TURNED if negated else _SIGNS)[bound[0]]} {bound[1]:g}"
    constants = comparison.constants()
    if len(constants) == 1 and isinstance(constants[0], bool):
        return f"= {'true' if constants[0] is not negated else 'false'}"
    return f"{'≠' if negated else '='} {' | '.join(_said(constant) for constant in constants)}"


def _said(constant: Constant) -> str:
    return constant if isinstance(constant, str) else f"{constant:g}"
