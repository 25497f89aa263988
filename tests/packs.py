"""Small packs for tests: written to a folder, or built without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nndoctor.probe import Cost
from nndoctor.rulebook.card import FactCard, ProbeCard
from nndoctor.rulebook.condition import condition_of, facts_of
from nndoctor.rulebook.pack import ANSWER, Rulebook
from nndoctor.rulebook.rule import Likelihood, Remedy, Rule, Severity, Text
from nndoctor.rulebook.symptom import Option, Question, Symptom

WORDS = Text(en="words", zh="字")

PROBE = '''"""What the graph says."""

from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Graph", "zh": "图"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "softmax": {"kind": "flag", "says": {"en": "softmax", "zh": "有"}, "unit": "", "labels": ()},
        "ratio": {"kind": "number", "says": {"en": "ratio", "zh": "比"}, "unit": "", "labels": ()},
        "ratio_by_layer": {"kind": "by_layer", "says": {"en": "ratios", "zh": "比"}, "unit": "", "labels": ()},
        "name": {"kind": "label", "says": {"en": "name", "zh": "名"}, "unit": "", "labels": ("nll", "mse")},
    },
}


def run(bench: Bench) -> Facts:
    raise AssertionError("never run by the screen")
'''
SYMPTOM = """\
title: {en: "It learns too slowly", zh: "学得太慢"}
words: {en: "The loss hardly moves", zh: "损失几乎不动"}
order: 1
recognised_when: {fact: graph.ratio, above: 0.5}
questions:
  - id: worked_before
    ask: {en: "Did it ever work?", zh: "以前能用吗？"}
    options:
      - {id: "never", says: {en: "Never", zh: "从未"}}
      - {id: "once", says: {en: "Once", zh: "能"}}
"""
RULE = """\
title: {en: "Softmax before cross-entropy", zh: "交叉熵前有softmax，多余"}
severity: serious
likelihood: common
leads_to: [slow]
when:
  all:
    - {fact: graph.softmax, is: true}
    - {fact: answer.worked_before, is: never}
why: {en: "Twice is once too often.", zh: "两次太多。"}
remedy:
  do: {en: "Remove it.", zh: "去掉它。"}
  before: |
    loss = criterion(model(x).softmax(1), y)
  after: |
    loss = criterion(model(x), y)
examples:
  fires: [{graph.softmax: true, answer.worked_before: never}]
  clear: [{graph.softmax: false}]
"""


def pack(folder: Path, *, probe: str = PROBE, symptom: str = SYMPTOM, rules: Mapping[str, str] | None = None) -> Path:
    """A pack with one probe `graph`, one symptom `slow`, and rules by id."""
    texts = {"probes/graph.py": probe, "knowledge/symptoms/slow.yaml": symptom}
    texts |= {
        f"knowledge/rules/{id_}.yaml": text for id_, text in ({"loss/twice": RULE} if rules is None else rules).items()
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def rule(
    id_: str,
    when: Mapping[str, object],
    *leads_to: str,
    severity: Severity = "serious",
    likelihood: Likelihood = "common",
    treatment: Mapping[str, bool | float | str] | None = None,
) -> Rule:
    return Rule(
        id=id_,
        title=WORDS,
        severity=severity,
        likelihood=likelihood,
        leads_to=leads_to,
        when=condition_of(when),
        why=WORDS,
        remedy=Remedy.model_validate({"do": WORDS, "try": treatment}),
    )


def symptom(
    id_: str,
    *questions: str,
    order: int = 1,
    recognised_when: Mapping[str, object] | None = None,
    of_the_loss: bool = False,
    once_measured: bool = False,
) -> Symptom:
    options = (Option(id="yes", says=WORDS), Option(id="no", says=WORDS))
    return Symptom(
        id=id_,
        title=WORDS,
        words=WORDS,
        order=order,
        recognised_when=None if recognised_when is None else condition_of(recognised_when),
        of_the_loss=of_the_loss,
        questions=tuple(
            Question(id=question, ask=WORDS, options=options, once_measured=once_measured) for question in questions
        ),
    )


def book(rules: Sequence[Rule], symptoms: Sequence[Symptom], costs: Mapping[str, Cost] | None = None) -> Rulebook:
    """A rulebook whose probes are those that its conditions name; each is free unless `costs` says otherwise."""
    conditions = [*(rule.when for rule in rules)]
    conditions += [symptom.recognised_when for symptom in symptoms if symptom.recognised_when is not None]
    names = sorted({fact for condition in conditions for fact in facts_of(condition)})
    measured: dict[str, dict[str, FactCard]] = {}
    for name in names:
        probe, _, quantity = name.partition(".")
        if probe != ANSWER:
            measured.setdefault(probe, {})[quantity] = FactCard(kind="flag", says=WORDS)
    cards = {
        probe: ProbeCard(id=probe, path=f"{probe}.py", title=WORDS, cost=(costs or {}).get(probe, "free"), facts=facts)
        for probe, facts in measured.items()
    }
    return Rulebook(
        {rule.id: rule for rule in rules},
        {symptom.id: symptom for symptom in sorted(symptoms, key=lambda symptom: symptom.order)},
        cards,
    )
