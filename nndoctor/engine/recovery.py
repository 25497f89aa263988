"""How a patient is who was examined again: what is cured, what is left, what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nndoctor.case import Case
from nndoctor.engine.diagnose import Diagnosis, diagnose
from nndoctor.engine.judge import Answer, judge
from nndoctor.rulebook.pack import Rulebook

Course = Literal["cured", "improved", "unchanged", "worse", "undetermined", "healthy"]
"""healthy: nothing was confirmed before, and nothing is now."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """The rules that were confirmed: now `cured`, still there (`left`), or `unclear`; and those confirmed anew.

    `symptoms_gone` were recognised before and are not any more, `symptoms_left` still are.
    """

    course: Course
    cured: tuple[str, ...]
    left: tuple[str, ...]
    unclear: tuple[str, ...]
    new: tuple[str, ...]
    symptoms_gone: tuple[str, ...]
    symptoms_left: tuple[str, ...]


def recovery(before: Case, after: Case, rulebook: Rulebook) -> Recovery:
    """Holds the case against the one before it."""
    then, now = diagnose(before, rulebook), diagnose(after, rulebook)
    sick, still = _confirmed(then), _confirmed(now)
    gone = [rule for rule in sick if rule not in still]
    signs = [sign.id for sign in then.symptoms if sign.witnesses]
    cured = tuple(rule for rule in gone if _is_gone(rule, now, after, rulebook) or _well(rule, signs, after, rulebook))
    left = tuple(rule for rule in sick if rule in still)
    unclear = tuple(rule for rule in gone if rule not in cured)
    new = tuple(rule for rule in still if rule not in sick)
    shown = {sign.id for sign in now.symptoms if sign.witnesses}
    return Recovery(
        _course(cured, left, unclear, new),
        cured,
        left,
        unclear,
        new,
        tuple(sign for sign in signs if sign not in shown),
        tuple(sign for sign in signs if sign in shown),
    )


def _confirmed(diagnosis: Diagnosis) -> list[str]:
    return [finding.rule for finding in diagnosis.findings if finding.status == "confirmed"]


def _is_gone(rule: str, now: Diagnosis, after: Case, rulebook: Rulebook) -> bool:
    """Whether it is ruled out; of what only an experiment could decide, its proof of cure tells."""
    proof = rulebook.rules[rule].remedy.proof
    proved = proof is not None and judge(proof, after.facts()).answer is Answer.YES
    return rule in now.ruled_out or proved


def _well(rule: str, signs: list[str], after: Case, rulebook: Rulebook) -> bool:
    """Whether the symptoms that were recognised and that the rule leads to are seen to be gone, all of them."""
    whens = [rulebook.symptoms[sign].recognised_when for sign in signs if sign in rulebook.effects(rule)]
    facts = after.facts()
    return bool(whens) and all(when is not None and judge(when, facts).answer is Answer.NO for when in whens)


def _course(cured: tuple[str, ...], left: tuple[str, ...], unclear: tuple[str, ...], new: tuple[str, ...]) -> Course:
    if new:
        return "improved" if cured and not left else "worse"
    if left:
        return "improved" if cured else "unchanged"
    if unclear:
        return "undetermined"
    return "cured" if cured else "healthy"
