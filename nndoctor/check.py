"""Holds packs against their own words: both languages, examples that hold, no dead clause, no loose end."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pydantic import BaseModel

from nndoctor.case import Fact
from nndoctor.engine.judge import Answer, judge, kind_of
from nndoctor.rulebook.card import ProbeCard
from nndoctor.rulebook.condition import Clause, Location, clauses, facts_of
from nndoctor.rulebook.load import read
from nndoctor.rulebook.pack import ANSWER, Problem, Rulebook
from nndoctor.rulebook.page import meant
from nndoctor.rulebook.reference import known_facts
from nndoctor.rulebook.rule import ExampleFacts, Rule, Text
from nndoctor.rulebook.symptom import Symptom
from nndoctor.scaffold import UNWRITTEN

Remark = tuple[Location, str, str]
"""One thing wrong with one file: the way to the entry, what is wrong, hint."""

MOST_QUESTIONS = 6
"""More than so many nobody answers."""
_HAN = re.compile("[\u4e00-\u9fff]")


def check(packs: Sequence[Path]) -> list[Problem]:
    """All that is wrong with packs: what loading refuses, and what a sound pack would not leave undone."""
    reading = read(packs)
    book = reading.book
    remarks = chain(
        ((card.path, remark) for card in book.probes.values() for remark in _of_probe(card)),
        ((symptom.file, remark) for symptom in book.symptoms.values() for remark in _of_symptom(symptom, book)),
        ((rule.file, remark) for rule in book.rules.values() for remark in _of_rule(rule, book)),
    )
    found = {Problem(file, *reading.pages[file].position(at), message, hint) for file, (at, message, hint) in remarks}
    return sorted(found.union(reading.problems, *map(_unwritten, packs)))


def _unwritten(pack: Path) -> Iterator[Problem]:
    """The gaps that a scaffold left."""
    for folder, kind in (("knowledge", "*.yaml"), ("probes", "*.py"), ("tests", "*.py")):
        for path in sorted((pack / folder).rglob(kind)):
            text = path.read_bytes().decode("utf-8", "replace")
            for number, line in enumerate(text.splitlines() if UNWRITTEN in text else (), start=1):
                if UNWRITTEN in line:
                    yield Problem(str(path), number, line.index(UNWRITTEN) + 1, "still to be written")


def _of_probe(card: ProbeCard) -> Iterator[Remark]:
    yield from _untold(card)
    if not card.about.strip():
        yield (), "the module has no docstring: it is what the user reads", ""


def _of_symptom(symptom: Symptom, book: Rulebook) -> Iterator[Remark]:
    yield from _untold(symptom)
    recognisers = (other.recognised_when for other in book.symptoms.values() if other.recognised_when is not None)
    used = {fact for when in (*(rule.when for rule in book.rules.values()), *recognisers) for fact in facts_of(when)}
    for index, question in enumerate(symptom.questions):
        if f"{ANSWER}.{question.id}" not in used:
            yield ("questions", index, "id"), f"no rule and no recogniser uses the answer to {question.id!r}", ""


def _of_rule(rule: Rule, book: Rulebook) -> Iterator[Remark]:
    yield from _untold(rule)
    effects = book.effects(rule.id)
    if rule.id in effects:
        yield ("leads_to",), "the rule leads back to itself", ""
    if effects.isdisjoint(book.symptoms):
        yield ("leads_to",), "the rule reaches no symptom", ""
    elif rule.examples.fires and not _is_reached(rule, book):
        yield ("leads_to",), f"no symptom leads to the rule within {MOST_QUESTIONS} questions", ""
    for name, code in (("before", rule.remedy.before), ("after", rule.remedy.after), ("keras", rule.remedy.keras)):
        try:
            ast.parse(textwrap.dedent(code))
        except SyntaxError as wrong:
            yield ("remedy", name), f"no Python, at its line {wrong.lineno}: {wrong.msg}", ""
    yield from _examples(rule, book)


def _is_reached(rule: Rule, book: Rulebook) -> bool:
    """Whether a symptom of it asks, early enough, all that some example needs to be asked."""
    symptoms = [book.symptoms[name] for name in book.effects(rule.id) & book.symptoms.keys()]
    asked = [{f"{ANSWER}.{question.id}" for question in one.questions[:MOST_QUESTIONS]} for one in symptoms]
    needed = [{name for name in example if name.startswith(f"{ANSWER}.")} for example in rule.examples.fires]
    return any(answers <= known for answers in needed for known in asked)


def _examples(rule: Rule, book: Rulebook) -> Iterator[Remark]:
    for name, examples, wanted in (
        ("fires", rule.examples.fires, Answer.YES),
        ("clear", rule.examples.clear, Answer.NO),
    ):
        if not examples:
            yield ("examples",), f"the rule has no example under {name}", ""
        for index, example in enumerate(examples):
            at: Location = ("examples", name, index)
            yield from _unmeasurable(example, at, book)
            verdict = judge(rule.when, _facts(example))
            if verdict.answer is not wanted:
                lacks = f"it lacks {', '.join(sorted(verdict.lacks))}" if verdict.lacks else ""
                yield at, f"the rule says {verdict.answer} to this example, not {wanted}", lacks
    if rule.examples.fires:
        for clause in clauses(rule.when):
            if not any(_shows(clause, _facts(example)) for example in rule.examples.fires):
                yield ("when", *clause.at), f"dead clause: {clause.leaf.fact} matters in no example that fires", ""


def _shows(clause: Clause, facts: Mapping[str, Fact]) -> bool:
    answer = judge(clause.leaf, facts).answer
    return answer is not Answer.UNKNOWN if clause.negated else answer is Answer.YES


def _unmeasurable(example: ExampleFacts, at: Location, book: Rulebook) -> Iterator[Remark]:
    for name, value in example.items():
        card = book.fact_card(name)
        if card is None:
            yield (*at, name), f"there is no fact {name!r}", meant(name, known_facts(book))
        elif kind_of(value) != card.kind:
            yield (*at, name), f"{name} is of kind {card.kind}, not {kind_of(value)}", ""
        elif card.labels and value not in card.labels:
            yield (*at, name), f"{name} is never {value!r}", meant(str(value), card.labels)


def _facts(example: ExampleFacts) -> dict[str, Fact]:
    return {name: Fact(value) for name, value in example.items()}


def _untold(written: BaseModel) -> Iterator[Remark]:
    for at, text in _texts(written, ()):
        if not text.en.strip():
            yield (*at, "en"), "the English text is empty", ""
        if not text.zh.strip():
            yield (*at, "zh"), "the Chinese text is missing", ""
        elif not _HAN.search(text.zh):
            yield (*at, "zh"), "there is nothing Chinese in the Chinese text", ""


def _texts(written: object, at: Location) -> Iterator[tuple[Location, Text]]:
    if isinstance(written, Text):
        yield at, written
    for step, inner in _parts(written):
        yield from _texts(inner, (*at, step))


def _parts(written: object) -> Iterable[tuple[str | int, object]]:
    match written:
        case BaseModel():
            fields = type(written).model_fields.items()
            return ((field.alias or name, getattr(written, name)) for name, field in fields)
        case tuple():
            return enumerate(written)
        case Mapping():
            return ((str(key), inner) for key, inner in written.items())
        case _:
            return ()
