"""Which cure is tried next, on which run: the first root cause alone, then the next one with the first one treated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from nndoctor.case import Arm, Case, Change, Fact, Trial
from nndoctor.engine.diagnose import Diagnosis, Finding
from nndoctor.engine.plan import Run, open_runs
from nndoctor.engine.standing import stand
from nndoctor.engine.trial import other_change
from nndoctor.intervention import resolved
from nndoctor.rulebook.pack import Rulebook

DEPTH = 2
"""So many causes are treated one upon the other; more are rare, and each costs up to three runs."""

OTHER_SEED: Change = {"intervention": "other_seed"}


@dataclass(frozen=True, slots=True)
class Treat:
    """Run the script under these changes: one run of the trial of that rule's cure.

    `edits` are rules whose edits of the source are made in the scratch copy instead. `whole`: as far as it
    shall go in the end, not only a part of the way.
    """

    rule: str
    arm: Arm
    changes: tuple[Change, ...]
    edits: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Treatment:
    changes: tuple[Change, ...] = ()
    edits: tuple[str, ...] = ()

    def on_top_of(self, earlier: _Treatment) -> _Treatment:
        return _Treatment((*earlier.changes, *self.changes), (*earlier.edits, *self.edits))


def due(case: Case, diagnosis: Diagnosis, rulebook: Rulebook) -> Treat | Run | None:
    """The next run of a trial, or the next experiment on a patient who is still ill under one; None if that is all."""
    if not case.patient.trials:
        return None
    earlier = _Treatment()
    for finding in _treatable(case, diagnosis, rulebook):
        verdict, refused = finding.trial, _refused(finding.rule, case)
        left = _means(finding, case, rulebook)[refused:]
        if verdict is None or (refused and left):
            treatment = left[0].on_top_of(earlier)
            return Treat(finding.rule, "treated", treatment.changes, treatment.edits)
        if verdict.due is not None:
            return _going_on(case.trials[finding.rule], verdict.due, earlier)
        if verdict.outcome == "cured":
            return None
        if verdict.outcome in ("improved", "unchanged"):
            if earlier == _Treatment() and (experiment := _look_again(case, finding.rule, rulebook)) is not None:
                return experiment
            made = case.trials[finding.rule].runs["treated"]
            earlier = _Treatment(made.changes, made.edits)
    return None


def _going_on(trial: Trial, arm: Arm, earlier: _Treatment) -> Treat:
    """The next control, or an arm the whole way that went only a part of it."""
    treated = trial.runs["treated"]
    if arm == "treated":
        return Treat(trial.rule, arm, treated.changes, treated.edits, whole=True)
    control = OTHER_SEED if arm == "other_seed" else other_change(trial.rule)
    whole = treated.part or arm in trial.runs
    return Treat(trial.rule, arm, (*earlier.changes, control), earlier.edits, whole)


def _look_again(case: Case, rule: str, rulebook: Rulebook) -> Run | None:
    """What would tell why the patient is still ill: with the treated cause out of the question."""
    others = {id_: other for id_, other in rulebook.rules.items() if id_ != rule}
    left = replace(rulebook, rules=MappingProxyType(others))
    treated = case.under_treatment(rule)
    runs = open_runs(treated, stand(treated, left), left)
    return replace(runs[0], under=rule) if runs else None


def _treatable(case: Case, diagnosis: Diagnosis, rulebook: Rulebook) -> Iterator[Finding]:
    """The root causes that are confirmed and have a treatment, as far as they are treated one upon the other."""
    roots = [finding for finding in diagnosis.findings if finding.status == "confirmed" and not finding.caused_by]
    yield from [finding for finding in roots if _means(finding, case, rulebook)][:DEPTH]


def _means(finding: Finding, case: Case, rulebook: Rulebook) -> list[_Treatment]:
    """The ways to treat it: by an intervention, or else by the edits, where the facts say where.

    What came to light under another treatment is not edited: that one may have moved the lines.
    """
    rule, remedy = finding.rule, rulebook.rules[finding.rule].remedy
    facts = (case.under_treatment(finding.behind) if finding.behind else case).facts()
    means = []
    if change := _change(remedy.attempt or {}, facts):
        means.append(_Treatment(changes=(change,)))
    if not finding.behind and any(planned.places(facts) for planned in remedy.planned):
        means.append(_Treatment(edits=(rule,)))
    return means


def _change(words: Mapping[str, object], facts: Mapping[str, Fact]) -> Change:
    """The rule's treatment; empty where it has none, or a fact that it takes a number from is not measured."""
    known = resolved(words, {name: fact.value for name, fact in facts.items()}) or {}
    return {name: value for name, value in known.items() if isinstance(value, bool | int | float | str)}


def _refused(rule: str, case: Case) -> int:
    """How many of the ways are known not to be open: the present run's and those before it."""
    trial = case.trials.get(rule)
    run = trial.runs.get("treated") if trial is not None else None
    if run is None or (run.outcome == "measured" and not run.why):
        return 0
    return 2 if rule in run.edits or not run.changes else 1
