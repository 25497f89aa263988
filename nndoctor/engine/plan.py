"""Which probe comes next: the free ones all, a costly one only if it can decide a cause of what is unexplained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nndoctor.case import Case
from nndoctor.engine.standing import Standing
from nndoctor.probe import Cost
from nndoctor.rulebook.pack import Rulebook

_COSTS: tuple[Cost, ...] = ("free", "seconds", "minutes")


@dataclass(frozen=True, slots=True)
class Run:
    """Run this probe; `settles` is how many open rules wait for one of its facts.

    `under`: not on the patient as they came, but under the treatment of that rule.
    """

    probe_id: str
    settles: int
    under: str = ""


def open_runs(case: Case, standing: Standing, rulebook: Rulebook) -> tuple[Run, ...]:
    """All probes still worth running, in order. One that has been run is never run again, whatever came of it."""
    undone = [probe for probe in rulebook.probes if probe not in case.evidence]
    open_rules = standing.open_rules()
    # what a confirmed cause explains needs no experiment: treat that one first, then look again
    relevant = [
        rule
        for rule in open_rules
        if not standing.unexplained.isdisjoint(rulebook.effects(rule))
        or (standing.checks_all() and _waits_for_its_proof(rule, set(undone), standing, rulebook))
    ]
    waiting, relevant_waiting = (_waiting(rules, standing, rulebook) for rules in (open_rules, relevant))
    free = [Run(probe, waiting[probe]) for probe in undone if rulebook.probes[probe].cost == "free"]
    costly = [
        Run(probe, relevant_waiting[probe])
        for probe in undone
        if rulebook.probes[probe].cost != "free" and relevant_waiting[probe]
    ]

    def order(run: Run) -> tuple[int, int, str]:
        return _COSTS.index(rulebook.probes[run.probe_id].cost), -run.settles, run.probe_id

    return tuple(sorted([*free, *costly], key=order))


def _waits_for_its_proof(rule: str, undone: set[str], standing: Standing, rulebook: Rulebook) -> bool:
    """All that could be had for nothing was measured and speaks for it: only the experiment is missing."""
    verdict = standing.rules[rule]
    missing = [rulebook.probe_of(fact) for fact in verdict.lacks]
    return bool(verdict.witnesses) and all(probe in undone or probe is None for probe in missing)


def _waiting(rules: Iterable[str], standing: Standing, rulebook: Rulebook) -> Counter[str]:
    """For each probe, the number of these rules that lack one of its facts."""
    return Counter(
        probe
        for rule in rules
        for probe in {rulebook.probe_of(fact) for fact in standing.rules[rule].lacks}
        if probe is not None
    )
