"""What the facts so far amount to: findings in causal order, what is ruled out, and what could not be examined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nndoctor.case import Case
from nndoctor.engine.chain import Link, chain, echoes_of
from nndoctor.engine.judge import Answer, Verdict, Witness
from nndoctor.engine.standing import Standing, stand
from nndoctor.engine.trial import TrialVerdict, judged
from nndoctor.probe import WHOLE_EPOCHS
from nndoctor.rulebook.pack import ANSWER, Rulebook
from nndoctor.rulebook.rule import LIKELIHOODS, SEVERITIES

Status = Literal["confirmed", "suspected"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A symptom that counts: because the user complains of it, or because of the facts that witness it, or both."""

    id: str
    witnesses: tuple[Witness, ...]
    complained: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that is confirmed or suspected; `rank` counts from 1, `caused_by` are confirmed rules that lead to it.

    `trial` is the verdict on its cure, None where none was begun. `behind` is the rule whose treatment brought it to
    light: it shows only in that treatment's run. `chain` leads from a confirmed cause to what came of it.
    """

    rule: str
    status: Status
    rank: int
    witnesses: tuple[Witness, ...]
    leads_to: tuple[str, ...]
    caused_by: tuple[str, ...]
    trial: TrialVerdict | None = None
    behind: str = ""
    chain: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class NotExamined:
    """A rule that stays open: the facts it needs, and what became of the probes that measure them."""

    rule: str
    needs: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All of it; findings go root cause first, its consequences right under it, suspicions last."""

    symptoms: tuple[Recognised, ...]
    findings: tuple[Finding, ...]
    ruled_out: tuple[str, ...]
    not_examined: tuple[NotExamined, ...]


def diagnose(case: Case, rulebook: Rulebook) -> Diagnosis:
    """The diagnosis that the facts of the case allow, at any time of the visit."""
    standing = stand(case, rulebook)
    confirmed = [rule for rule, verdict in standing.rules.items() if verdict.answer is Answer.YES]
    suspected = [rule for rule in standing.open_rules() if _is_suspected(rule, standing, rulebook)]
    told = _causal(confirmed, standing, rulebook)
    order = [*told, *sorted(suspected, key=lambda rule: _weight(rule, standing, rulebook))]
    verdicts = {rule: judged(trial, case, standing, rulebook) for rule, trial in case.trials.items()}
    symptoms = _recognised(standing, rulebook)
    shown = {rule: standing.rules[rule].witnesses for rule in confirmed}
    signs = {symptom.id: symptom.witnesses for symptom in symptoms}
    findings = [
        Finding(
            rule,
            "confirmed" if rule in shown else "suspected",
            rank,
            standing.rules[rule].witnesses,
            rulebook.rules[rule].leads_to,
            tuple(cause for cause in order if cause in shown and cause != rule and _leads(cause, rule, rulebook)),
            verdicts.get(rule),
            chain=chain(rule, shown, signs, rulebook) if rule in shown else (),
        )
        for rank, rule in enumerate(order, start=1)
    ]
    hidden = tuple(_brought_to_light(case, standing, verdicts, rulebook))
    if hidden:
        findings = _ranked([*findings[: len(told)], *hidden, *findings[len(told) :]])
    ruled_out = tuple(rule for rule, verdict in standing.rules.items() if verdict.answer is Answer.NO)
    left = [rule for rule in standing.open_rules() if rule not in suspected]
    not_examined = tuple(_not_examined(rule, standing.rules[rule], case, rulebook) for rule in left)
    return Diagnosis(symptoms, tuple(findings), ruled_out, not_examined)


def _brought_to_light(
    case: Case, standing: Standing, verdicts: Mapping[str, TrialVerdict], rulebook: Rulebook
) -> Iterator[Finding]:
    """What else is wrong with a patient who is still ill under a treatment that was made: it hid behind the first."""
    known = {rule for rule, verdict in standing.rules.items() if verdict.answer is Answer.YES}
    for behind, verdict in verdicts.items():
        left = verdict.left.get("treated")
        if not left:
            continue
        treated = stand(case.under_treatment(behind), rulebook)
        for rule, seen in treated.rules.items():
            if seen.answer is Answer.YES and rule not in known and not rulebook.effects(rule).isdisjoint(left):
                known.add(rule)
                yield Finding(
                    rule, "confirmed", 0, seen.witnesses, rulebook.rules[rule].leads_to, (), verdicts.get(rule), behind
                )


def _ranked(findings: list[Finding]) -> list[Finding]:
    return [replace(finding, rank=rank) for rank, finding in enumerate(findings, start=1)]


def _recognised(standing: Standing, rulebook: Rulebook) -> tuple[Recognised, ...]:
    others = [symptom for symptom in rulebook.symptoms if symptom in standing.counted]
    return tuple(
        Recognised(
            symptom,
            standing.symptoms[symptom].witnesses
            if symptom in standing.symptoms and standing.symptoms[symptom].answer is Answer.YES
            else (),
            symptom in standing.complaints,
        )
        for symptom in dict.fromkeys((*standing.complaints, *others))
    )


def _is_suspected(rule: str, standing: Standing, rulebook: Rulebook) -> bool:
    """Half shown by a measurement, and it would explain what nothing else does; the user's word is not enough."""
    shown = any(
        not witness.negated and not witness.fact.startswith(f"{ANSWER}.") for witness in standing.rules[rule].witnesses
    )
    return shown and not standing.unexplained.isdisjoint(rulebook.effects(rule))


def _leads(cause: str, rule: str, rulebook: Rulebook) -> bool:
    return rule in rulebook.rules[cause].leads_to


def _weight(rule: str, standing: Standing, rulebook: Rulebook) -> tuple[int, int, int, str]:
    """What sorts findings of equal standing: the smaller the more important."""
    written = rulebook.rules[rule]
    return (
        SEVERITIES.index(written.severity),
        LIKELIHOODS.index(written.likelihood),
        -len(standing.rules[rule].witnesses),
        rule,
    )


def _causal(confirmed: list[str], standing: Standing, rulebook: Rulebook) -> list[str]:
    """The confirmed rules as a walk down the trees of causes: each is told once, under the last of its causes.

    Rules that lead to each other, in a loop, are no causes of each other; they come after those that nothing leads to.
    """
    by_weight = sorted(confirmed, key=lambda rule: _weight(rule, standing, rulebook))
    follows = {rule: set(echoes_of(rule, dict.fromkeys(confirmed, ()), rulebook)) for rule in confirmed}
    causes = {
        rule: {cause for cause in confirmed if rule in follows[cause] and cause not in follows[rule]}
        for rule in confirmed
    }
    echoes = set[str]().union(*follows.values())
    told: list[str] = []
    # a stack: what only waits for nothing more comes right under the cause that was told last
    ahead = [rule for rule in sorted(by_weight, key=lambda rule: rule in echoes) if not causes[rule]][::-1]
    while ahead:
        told.append(ahead.pop())
        ready = [rule for rule in by_weight if causes[rule].issubset(told) and rule not in (*told, *ahead)]
        ahead += ready[::-1]
    return told


def _not_examined(rule: str, verdict: Verdict, case: Case, rulebook: Rulebook) -> NotExamined:
    needs = tuple(sorted(verdict.lacks))
    reasons = (_why_missing(fact, case, rulebook) for fact in needs)
    return NotExamined(rule, needs, "; ".join(dict.fromkeys(reason for reason in reasons if reason)))


def _why_missing(fact: str, case: Case, rulebook: Rulebook) -> str:
    probe, _, quantity = fact.partition(".")
    if probe == ANSWER:
        return f"{quantity}: not answered"
    evidence = case.evidence.get(probe)
    if evidence is None:
        return f"{probe}: not run" if probe in rulebook.probes else ""
    if quantity in evidence.withheld:
        return f"{probe}: {quantity} needs {WHOLE_EPOCHS}"
    if evidence.outcome == "measured":
        return f"{probe}: {quantity} does not exist in this run"
    return f"{probe}: {evidence.why or evidence.outcome}"
