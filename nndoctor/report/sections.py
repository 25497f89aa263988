"""The sections of a document, before any format: what is told of a symptom, a finding, its cure, a probe."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nndoctor.case import FactValue, Outcome, Picture, Place
from nndoctor.engine.chain import LinkKind
from nndoctor.engine.diagnose import Status
from nndoctor.engine.trial import TrialOutcome
from nndoctor.rulebook.rule import Likelihood, Severity


@dataclass(frozen=True, slots=True)
class Named:
    """A rule, symptom or probe by its id, with its title."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One piece of evidence: what the fact says, its value, what the rule asks for (`asked`: in words), and where."""

    fact: str
    says: str
    value: FactValue
    measured: str
    expected: str
    asked: str
    where: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A symptom that counts, and why it does; `pictures` are those of its witnesses that no finding shows."""

    symptom: Named
    complained: bool
    evidence: tuple[Clause, ...]
    pictures: tuple[Picture, ...]

    @property
    def telling(self) -> tuple[Clause, ...]:
        """The two facts that say most: conditions are written with what must be given first, and what shows last."""
        return tuple({clause.fact: clause for clause in self.evidence}.values())[-2:]


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do, with code before and after; "" where a rule shows none.

    Where the remedy's edit can be made in the user's own file, these are its lines, from the line `own` on, and `diff`
    is the whole change; else they are the rule's sample.
    """

    do: str
    before: str
    after: str
    keras: str
    own: Place | None = None
    diff: str = ""


@dataclass(frozen=True, slots=True)
class LinkTold:
    """A link of a chain; `what` is a rule, a symptom or (of a sign) a fact, `seen` what was measured, `step` when."""

    kind: LinkKind
    what: Named
    seen: str
    step: int | None


@dataclass(frozen=True, slots=True)
class ArmTold:
    """One run of a trial: its name, what was changed, the loss at its end, and the symptoms that it showed."""

    name: str
    change: str
    loss: str
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cure:
    """The trial of a treatment: its outcome in a word and in a sentence, the runs side by side, and their curves."""

    outcome: TrialOutcome
    headline: str
    note: str
    arms: tuple[ArmTold, ...]
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Cause:
    """One finding, told in full; `places` are the lines of the user's code, each once.

    `behind`: it came to light only under the treatment of that cause.
    """

    rank: int
    rule: Named
    status: Status
    severity: Severity
    likelihood: Likelihood
    leads_to: tuple[Named, ...]
    caused_by: tuple[Named, ...]
    chain: tuple[LinkTold, ...]
    evidence: tuple[Clause, ...]
    places: tuple[Place, ...]
    why: str
    fix: Fix
    harmless: str
    sources: tuple[str, ...]
    pictures: tuple[Picture, ...]
    cure: Cure | None
    behind: Named | None

    @property
    def by_fact(self) -> tuple[Clause, ...]:
        """The evidence with each fact once: what several branches ask of it stands together."""
        asked: dict[tuple[str, str], list[Clause]] = {}
        for clause in self.evidence:
            asked.setdefault((clause.fact, clause.measured), []).append(clause)
        return tuple(replace(same[0], asked=", ".join(clause.asked for clause in same)) for same in asked.values())


@dataclass(frozen=True, slots=True)
class Unexamined:
    """A rule that stays open, the facts that could decide it, and why they are missing."""

    rule: Named
    needs: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One fact of a probe, by short name."""

    name: str
    says: str
    value: FactValue
    measured: str


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of one probe; `pictures` are those that are not shown before."""

    probe: Named
    outcome: Outcome
    seconds: float
    why: str
    facts: tuple[Measurement, ...]
    pictures: tuple[Picture, ...]
