"""All units of the pack that ships, at once: what is not enforced decays."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from nndoctor.case import Fact
from nndoctor.check import check
from nndoctor.commands.rules import rules
from nndoctor.engine.judge import Answer, judge
from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import ExampleFacts
from tests.admission import SICK, planted_in


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    return load([builtin()])


def answer(book: Rulebook, rule: str, example: ExampleFacts) -> Answer:
    return judge(book.rules[rule].when, {name: Fact(value) for name, value in example.items()}).answer


def test_the_pack_that_ships_has_no_problem() -> None:
    assert [str(problem) for problem in check([builtin()])] == []


def test_every_rule_fires_on_its_own_examples_and_only_there(shipped: Rulebook) -> None:
    for id_, rule in shipped.rules.items():
        assert {answer(shipped, id_, example) for example in rule.examples.fires} == {Answer.YES}, id_
        assert {answer(shipped, id_, example) for example in rule.examples.clear} == {Answer.NO}, id_


def test_no_rule_fires_on_nothing(shipped: Rulebook) -> None:
    assert {answer(shipped, id_, {}) for id_ in shipped.rules} <= {Answer.UNKNOWN}


def test_a_rule_without_a_sick_program_says_that_it_was_tried_on_records_only(shipped: Rulebook) -> None:
    recorded = {id_ for id_, rule in shipped.rules.items() if rule.recorded}
    assert recorded == set(shipped.rules) - set(map(planted_in, SICK))
    listed = CliRunner().invoke(rules, ["--lang", "en"]).output.splitlines()
    assert {row.split()[0] for row in listed if row.endswith("[tried on recorded runs only]")} == recorded
