from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndoctor.case import Fact, FactValue, Place
from nndoctor.engine.judge import Answer, judge
from nndoctor.rulebook.condition import Condition, condition_of

NAMES = ("a.flag", "a.other", "b.number", "b.label", "c.by_layer", "answer.asked")

numbers = st.integers(-2, 2).map(float)
leaves = st.one_of(
    st.builds(lambda name, value: {"fact": name, "is": value}, st.sampled_from(NAMES[:2]), st.booleans()),
    st.builds(lambda sign, value: {"fact": "b.number", sign: value}, st.sampled_from(("above", "at_most")), numbers),
    st.builds(lambda labels: {"fact": "b.label", "among": labels}, st.lists(st.sampled_from("xyz"), min_size=1)),
    st.builds(
        lambda how, value: {"fact": "c.by_layer", how: {"below": value}}, st.sampled_from(("some", "every")), numbers
    ),
    st.builds(lambda value: {"fact": "answer.asked", "is": value}, st.sampled_from(("yes", "no"))),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
).map(condition_of)
values: Mapping[str, st.SearchStrategy[FactValue]] = {
    "a.flag": st.booleans(),
    "a.other": st.one_of(st.booleans(), st.just("of the wrong kind")),
    "b.number": st.one_of(numbers, st.just(True)),
    "b.label": st.sampled_from("xyzw"),
    "c.by_layer": st.dictionaries(st.sampled_from("pqr"), numbers),
    "answer.asked": st.sampled_from(("yes", "no")),
}
facts = st.fixed_dictionaries({}, optional={name: value.map(Fact) for name, value in values.items()})
Facts = dict[str, Fact]


@given(conditions, facts, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(condition: Condition, known: Facts, random: Random) -> None:
    shuffled = list(known.items())
    random.shuffle(shuffled)
    assert judge(condition, dict(shuffled)) == judge(condition, known)


@given(conditions, facts, st.sets(st.sampled_from(NAMES)))
def test_a_missing_fact_never_makes_a_rule_yes(condition: Condition, known: Facts, missing: set[str]) -> None:
    fewer = {name: fact for name, fact in known.items() if name not in missing}
    if judge(condition, fewer).answer is Answer.YES:
        assert judge(condition, known).answer is Answer.YES


@given(conditions, facts, st.sampled_from(NAMES))
def test_adding_a_fact_never_turns_yes_or_no_into_unknown(condition: Condition, known: Facts, name: str) -> None:
    before = judge(condition, {other: fact for other, fact in known.items() if other != name}).answer
    if before is not Answer.UNKNOWN:
        assert judge(condition, known).answer is before


@given(conditions, facts)
def test_what_is_unknown_lacks_something_and_what_is_decided_lacks_nothing(condition: Condition, known: Facts) -> None:
    verdict = judge(condition, known)
    assert (verdict.answer is Answer.UNKNOWN) == bool(verdict.lacks)


@given(conditions, facts)
def test_every_yes_has_a_witness_that_is_known(condition: Condition, known: Facts) -> None:
    verdict = judge(condition, known)
    if verdict.answer is Answer.YES:
        assert verdict.witnesses
    assert {witness.fact for witness in verdict.witnesses} <= set(known)


@given(conditions, facts)
def test_a_condition_and_its_opposite_are_never_both_yes(condition: Condition, known: Facts) -> None:
    opposite = condition_of({"not": condition})
    answers = {judge(condition, known).answer, judge(opposite, known).answer}
    assert answers in ({Answer.YES, Answer.NO}, {Answer.UNKNOWN})


def test_a_missing_fact_leaves_the_rule_open_and_is_named() -> None:
    condition = condition_of({"all": [{"fact": "a.x", "is": True}, {"any": [{"fact": "b.x", "above": 1}]}]})
    verdict = judge(condition, {"a.x": Fact(value=True)})
    assert verdict.answer is Answer.UNKNOWN
    assert verdict.lacks == {"b.x"}
    assert [witness.fact for witness in verdict.witnesses] == ["a.x"]


def test_what_is_half_shown_does_not_witness_a_yes_that_stands_without_it() -> None:
    half = {"all": [{"fact": "a.x", "is": True}, {"fact": "b.x", "is": True}]}
    condition = condition_of({"any": [half, {"fact": "c.x", "is": True}]})
    verdict = judge(condition, {"a.x": Fact(value=True), "c.x": Fact(value=True)})
    assert verdict.answer is Answer.YES
    assert [witness.fact for witness in verdict.witnesses] == ["c.x"]


def test_one_no_decides_an_all_whatever_else_is_missing() -> None:
    condition = condition_of({"all": [{"fact": "a.x", "is": True}, {"fact": "b.x", "above": 1}]})
    verdict = judge(condition, {"a.x": Fact(value=False)})
    assert verdict.answer is Answer.NO
    assert not verdict.lacks


@pytest.mark.parametrize(
    ("how", "value", "answer", "layers"),
    [
        ("some", {"p": 0.1, "q": 2.0}, Answer.YES, ("p",)),
        ("some", {"p": 3.0, "q": 2.0}, Answer.NO, ()),
        ("every", {"p": 0.1, "q": 0.2}, Answer.YES, ("p", "q")),
        ("every", {"p": 0.1, "q": 2.0}, Answer.NO, ()),
        ("some", {}, Answer.NO, ()),
        ("every", {}, Answer.NO, ()),
    ],
)
def test_layers_are_judged_one_by_one(how: str, value: FactValue, answer: Answer, layers: tuple[str, ...]) -> None:
    verdict = judge(condition_of({"fact": "a.x_by_layer", how: {"below": 1}}), {"a.x_by_layer": Fact(value)})
    assert verdict.answer is answer
    assert tuple(layer for witness in verdict.witnesses for layer in witness.layers) == layers


def test_under_a_not_the_witness_says_the_opposite_and_names_the_other_layers() -> None:
    condition = condition_of({"not": {"fact": "a.x_by_layer", "every": {"below": 1}}})
    (witness,) = judge(condition, {"a.x_by_layer": Fact({"p": 0.1, "q": 2.0})}).witnesses
    assert (witness.expected, witness.layers, witness.negated) == ("≥ 1", ("q",), True)


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ({"above": 1e-6}, 1.0, "> 1e-06"),
        ({"is": True}, True, "= true"),
        ({"is": "mse"}, "mse", "= mse"),
        ({"among": ["mse", "nll"]}, "mse", "= mse | nll"),
        ({"is": 3}, 3.0, "= 3"),
    ],
)
def test_a_witness_says_what_was_expected_and_where_it_shows(
    form: dict[str, object], value: FactValue, expected: str
) -> None:
    where = (Place("train.py", 3),)
    (witness,) = judge(condition_of({"fact": "a.x", **form}), {"a.x": Fact(value, where)}).witnesses
    assert (witness.value, witness.expected, witness.where) == (value, expected, where)


def test_true_is_not_one_and_a_fact_of_another_kind_decides_nothing() -> None:
    is_one, above = condition_of({"fact": "a.x", "is": 1}), condition_of({"fact": "a.x", "above": 0})
    for condition in (is_one, above):
        assert judge(condition, {"a.x": Fact(value=True)}).answer is Answer.UNKNOWN
        assert judge(condition, {"a.x": Fact("one")}).answer is Answer.UNKNOWN
        assert judge(condition, {"a.x": Fact({"p": 1.0})}).answer is Answer.UNKNOWN
