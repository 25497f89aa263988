"""The arithmetic of the scoreboard: how often the planted cause is named, what is alarmed about, what is cured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from benchmarks.scoreboard.results import Result

NO_TREATMENT = "no treatment"
NOTHING_FOUND = "nothing found"
OUTCOMES = ("cured", "improved", "unchanged", "worse", "undetermined", NO_TREATMENT, NOTHING_FOUND)
"""What became of the first finding's cure in a sick program."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody says of a program: causes, the likeliest first. Those not `certain` are only suspected."""

    ranked: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()

    @property
    def claim(self) -> str:
        """The cause that is claimed first of all; "" where the first is only suspected, or there is none."""
        return self.ranked[0] if self.ranked[:1] == self.certain[:1] and self.ranked else ""


@dataclass(frozen=True, slots=True)
class OfRule:
    """How a cause is told: in how many programs it was planted, in how many it was claimed first, and in how many both.

    Precision is of the claims, healthy programs included, recall of the plantings; None where there were none.
    """

    planted: int
    claimed: int
    both: int

    @property
    def precision(self) -> float | None:
        """How many of the claims are right."""
        return self.both / self.claimed if self.claimed else None

    @property
    def recall(self) -> float | None:
        """How many of the plantings are claimed."""
        return self.both / self.planted if self.planted else None


@dataclass(frozen=True, slots=True)
class Marks:
    """How somebody does on the ward. Shares are of the sick programs; None where there are none.

    `top_1` counts the first cause said, claimed or only suspected; `claimed_1` those that were claimed; `family` those
    of the right family of causes. `undetermined`: nothing was certain. Alarms are means over healthy programs.
    """

    sick: int
    healthy: int
    top_1: float | None
    top_3: float | None
    family: float | None
    claimed_1: float | None
    undetermined: float | None
    confirmed_alarms: float | None
    suspected_alarms: float | None
    rules: Mapping[str, OfRule] = field(default_factory=dict)


def marks(planted: Sequence[str], said: Sequence[Saying]) -> Marks:
    """The marks of these sayings; planted is "" for a healthy program."""
    pairs = list(zip(planted, said, strict=True))
    sick = [(cause, saying) for cause, saying in pairs if cause]
    healthy = [saying for cause, saying in pairs if not cause]
    claims = Counter(saying.claim for saying in said if saying.claim)
    right = Counter(cause for cause, saying in sick if saying.claim == cause)
    causes = Counter(cause for cause, _ in sick)
    return Marks(
        sick=len(sick),
        healthy=len(healthy),
        top_1=_mean([cause in saying.ranked[:1] for cause, saying in sick]),
        top_3=_mean([cause in saying.ranked[:3] for cause, saying in sick]),
        family=_mean([_family(cause) in map(_family, saying.ranked[:1]) for cause, saying in sick]),
        claimed_1=_mean([saying.claim == cause for cause, saying in sick]),
        undetermined=_mean([not saying.certain for _, saying in sick]),
        confirmed_alarms=_mean([len(saying.certain) for saying in healthy]),
        suspected_alarms=_mean([len(saying.ranked) - len(saying.certain) for saying in healthy]),
        rules={rule: OfRule(causes[rule], claims[rule], right[rule]) for rule in sorted(causes | claims)},
    )


def said_by(result: Result) -> Saying:
    """What the examination said, in the order of its findings."""
    certain = tuple(finding.rule for finding in result.findings if finding.status == "confirmed")
    return Saying(tuple(finding.rule for finding in result.findings), certain)


def outcome_of(result: Result) -> str:
    """What became of the first finding's cure."""
    if not result.findings:
        return NOTHING_FOUND
    return result.findings[0].trial or NO_TREATMENT


def outcomes(results: Sequence[Result]) -> Mapping[str, int]:
    """How often each outcome came, over the sick programs."""
    counted = Counter(outcome_of(result) for result in results if result.planted)
    return {outcome: counted[outcome] for outcome in dict.fromkeys((*OUTCOMES, *sorted(counted)))}


def misled(results: Sequence[Result]) -> int:
    """In how many sick programs the first finding is not the planted cause, and yet was cured."""
    return sum(
        bool(result.planted) and outcome_of(result) == "cured" and result.findings[0].rule != result.planted
        for result in results
    )


def median_seconds(results: Sequence[Result]) -> float | None:
    """The median of the whole command's time."""
    return median(result.seconds for result in results) if results else None


def constant(planted: Sequence[str]) -> Saying:
    """Always the most frequent cause of these very programs, claimed, and the next two as suspicions."""
    counted = Counter(cause for cause in planted if cause)
    ranked = tuple(sorted(counted, key=lambda cause: (-counted[cause], cause))[:3])
    return Saying(ranked, ranked[:1])


def _family(rule: str) -> str:
    return rule.partition("/")[0]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
