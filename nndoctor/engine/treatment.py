"""Which cure is tried next, on which run: the first root cause alone, then the next one with the first one treated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from nndoctor.case import Arm, Case, Change
from nndoctor.engine.diagnose import Diagnosis, Finding
from nndoctor.engine.plan import Run, open_runs
from nndoctor.engine.standing import stand
from nndoctor.engine.trial import other_change
from nndoctor.rulebook.pack import Rulebook

DEPTH = 2
"""So many causes are treated one upon the other; more are rare, and each costs up to three runs."""

OTHER_SEED: Change = {"intervention": "no_change", "seed": 20_240}


@dataclass(frozen=True, slots=True)
class Treat:
    """Run the script under these changes: one run of the trial of that rule's cure."""

    rule: str
    arm: Arm
    changes: tuple[Change, ...]


def due(case: Case, diagnosis: Diagnosis, rulebook: Rulebook) -> Treat | Run | None:
    """The next run of a trial, or the next experiment on a patient who is still ill under one; None if that is all."""
    if not case.patient.trials:
        return None
    earlier: tuple[Change, ...] = ()
    for finding in _treatable(diagnosis, rulebook):
        treatment = (*earlier, _change(finding.rule, rulebook))
        arm = "treated" if finding.trial is None else finding.trial.due
        if arm == "treated":
            return Treat(finding.rule, arm, treatment)
        if arm is not None:
            control = OTHER_SEED if arm == "other_seed" else other_change(finding.rule)
            return Treat(finding.rule, arm, (*earlier, control))
        if finding.trial is not None and finding.trial.outcome == "cured":
            return None
        if finding.trial is not None and finding.trial.outcome in ("improved", "unchanged"):
            if not earlier and (experiment := _look_again(case, finding.rule, rulebook)) is not None:
                return experiment
            earlier = treatment
    return None


def _look_again(case: Case, rule: str, rulebook: Rulebook) -> Run | None:
    """What would tell why the patient is still ill: with the treated cause out of the question."""
    others = {id_: other for id_, other in rulebook.rules.items() if id_ != rule}
    left = replace(rulebook, rules=MappingProxyType(others))
    treated = case.under_treatment(rule)
    runs = open_runs(treated, stand(treated, left), left)
    return replace(runs[0], under=rule) if runs else None


def _treatable(diagnosis: Diagnosis, rulebook: Rulebook) -> Iterator[Finding]:
    """The root causes that are confirmed and have a treatment, as far as they are treated one upon the other."""
    roots = [
        finding
        for finding in diagnosis.findings
        if finding.status == "confirmed" and not finding.caused_by and rulebook.rules[finding.rule].remedy.attempt
    ]
    yield from roots[:DEPTH]


def _change(rule: str, rulebook: Rulebook) -> Change:
    return dict(rulebook.rules[rule].remedy.attempt or {})
