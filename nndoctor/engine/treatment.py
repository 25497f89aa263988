"""Which cure is tried next, on which run: the first root cause alone, then the next one with the first one treated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nndoctor.case import Arm, Case, Change
from nndoctor.engine.diagnose import Diagnosis, Finding
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


def due(case: Case, diagnosis: Diagnosis, rulebook: Rulebook) -> Treat | None:
    """The next run of a trial, None where there is none."""
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
            earlier = treatment
    return None


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
