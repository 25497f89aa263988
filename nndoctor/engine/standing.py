"""Where a case stands: what the facts so far make of every rule and of every symptom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nndoctor.case import Case, Fact
from nndoctor.engine.judge import Answer, Verdict, judge
from nndoctor.rulebook.pack import Rulebook

CHECK_UP = "check-up"
"""The complaint of those who have none: nothing is asked, and whatever is recognised counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: every rule and recogniser judged; `counted` are the symptoms complained of or recognised.

    `unexplained` is what still wants a cause: the counted symptoms that no confirmed rule leads to, and the confirmed
    rules themselves that none leads to, for each of them may be the echo of another.
    """

    facts: Mapping[str, Fact]
    rules: Mapping[str, Verdict]
    symptoms: Mapping[str, Verdict]
    complaints: tuple[str, ...]
    counted: frozenset[str]
    unexplained: frozenset[str]

    def checks_all(self) -> bool:
        """Nothing is complained of and nothing was found: then what the measurements leave open is looked into."""
        return not self.complaints and all(verdict.answer is not Answer.YES for verdict in self.rules.values())

    def open_rules(self) -> tuple[str, ...]:
        """The rules that are not decided yet."""
        return tuple(rule for rule, verdict in self.rules.items() if verdict.answer is Answer.UNKNOWN)


def stand(case: Case, rulebook: Rulebook) -> Standing:
    """Judges every rule and every recogniser by the facts of the case."""
    facts = case.facts()
    rules = {id_: judge(rule.when, facts) for id_, rule in rulebook.rules.items()}
    symptoms = {
        id_: judge(symptom.recognised_when, facts)
        for id_, symptom in rulebook.symptoms.items()
        if symptom.recognised_when is not None
    }
    complaints = tuple(symptom for symptom in case.symptoms if symptom != CHECK_UP)
    recognised = {id_ for id_, verdict in symptoms.items() if verdict.answer is Answer.YES}
    counted = frozenset(recognised.union(complaints))
    confirmed = frozenset(rule for rule, verdict in rules.items() if verdict.answer is Answer.YES)
    # something untidy must not keep us from looking for what is grave
    grave = [rule for rule in confirmed if rulebook.rules[rule].severity in ("fatal", "serious")]
    explained = frozenset[str]().union(*(rulebook.effects(rule) for rule in grave))
    return Standing(facts, rules, symptoms, complaints, counted, (counted | confirmed) - explained)
