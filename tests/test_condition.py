from __future__ import annotations

import pytest
from pydantic import ValidationError

from nndoctor.rulebook.condition import All, AnyOf, Leaf, Not, clauses, condition_of, facts_of


def test_the_four_forms_are_told_by_their_key() -> None:
    leaf = {"fact": "a.b", "above": 1}
    kinds = [type(condition_of(form)) for form in (leaf, {"all": [leaf]}, {"any": [leaf]}, {"not": leaf})]
    assert kinds == [Leaf, All, AnyOf, Not]


def test_clauses_come_in_the_order_written_with_their_place_and_sign() -> None:
    condition = condition_of(
        {
            "all": [
                {"fact": "a.x", "is": True},
                {"not": {"any": [{"fact": "b.x", "is": False}, {"not": {"fact": "c.x", "is": "z"}}]}},
            ]
        }
    )
    assert [(found.leaf.fact, found.negated, found.at) for found in clauses(condition)] == [
        ("a.x", False, ("all", 0)),
        ("b.x", True, ("all", 1, "not", "any", 0)),
        ("c.x", False, ("all", 1, "not", "any", 1, "not")),
    ]
    assert facts_of(condition) == {"a.x", "b.x", "c.x"}


@pytest.mark.parametrize(
    "form",
    [
        {"fact": "a.b"},
        {"fact": "a.b", "above": 1, "below": 2},
        {"fact": "a.b", "above": 1, "some": {"below": 2}},
        {"fact": "a.b", "some": {"below": 2}, "every": {"below": 2}},
        {"fact": "a.b", "some": {}},
        {"fact": "a.b", "some": {"fact": "a.c", "below": 2}},
        {"fact": "", "above": 1},
        {"fact": "a.b", "above": "1"},
        {"fact": "a.b", "above": True},
        {"fact": "a.b", "above": float("inf")},
        {"fact": "a.b", "among": []},
        {"fact": "a.b", "abov": 1},
        {"all": []},
        {"any": []},
        {"all": [{"fact": "a.b", "is": 1}], "fact": "a.b"},
        {"none": [{"fact": "a.b", "is": 1}]},
        [{"fact": "a.b", "is": 1}],
        "a.b > 1",
    ],
)
def test_anything_else_is_refused(form: object) -> None:
    with pytest.raises(ValidationError):
        condition_of(form)


def test_a_flag_stays_a_flag_and_a_number_a_number() -> None:
    flag, number = condition_of({"fact": "a.b", "is": True}), condition_of({"fact": "a.b", "is": 1})
    assert isinstance(flag, Leaf)
    assert isinstance(number, Leaf)
    assert flag.constants()[0] is True
    assert number.constants()[0] == 1
    assert not isinstance(number.constants()[0], bool)
