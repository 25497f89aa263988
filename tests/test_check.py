from __future__ import annotations

from pathlib import Path

import pytest

from nndoctor.check import check
from nndoctor.rulebook.pack import Problem
from nndoctor.scaffold import UNWRITTEN
from tests.packs import PROBE, RULE, SYMPTOM, pack


def found(folder: Path) -> list[tuple[str, int, str]]:
    return [(Path(problem.file).name, problem.line, problem.message) for problem in check([folder])]


def test_a_sound_pack_has_no_problem(tmp_path: Path) -> None:
    assert check([pack(tmp_path)]) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ('zh: "去掉它。"', 'zh: "Remove it."', 11, "nothing Chinese"),
        (', zh: "两次太多。"', "", 9, "the Chinese text is missing"),
        ('en: "Twice is once too often."', 'en: " "', 9, "the English text is empty"),
        ("y)\n  after", "y))\n  after", 12, "no Python, at its line 1"),
        ("  fires: [{graph.softmax: true, answer.worked_before: never}]\n", "", 17, "no example under fires"),
        ("  clear: [{graph.softmax: false}]\n", "", 17, "no example under clear"),
        ("fires: [{graph.softmax: true,", "fires: [{graph.softmax: false,", 17, "the rule says no to this example"),
        ("true, answer.worked_before: never}]", "true}]", 17, "the rule says unknown to this example"),
        ("clear: [{graph.softmax: false}]", "clear: [{graph.softmax: true}]", 18, "the rule says unknown"),
        ("clear: [{graph.softmax: false}]", "clear: [{graph.softmax: 0}]", 18, "is of kind flag, not number"),
        ("clear: [{", "clear: [{graph.softmx: true, ", 18, "there is no fact 'graph.softmx'"),
        ("clear: [{", "clear: [{graph.name: mae, ", 18, "graph.name is never 'mae'"),
        ("  all:", "  any:", 18, "the rule says unknown to this example, not no"),
        ("[slow]", "[loss/twice]", 4, "the rule reaches no symptom"),
        ("[slow]", "[slow, loss/twice]", 4, "the rule leads back to itself"),
        ("serious", "seriuos", 2, "is not one of"),
        ("- {fact: graph.softmax,", "- {fact: graph.softmx,", 7, "no probe measures 'graph.softmx'"),
        ("- {fact: graph.softmax,", "- {fact: grph.softmax,", 7, "no probe measures 'grph.softmax'"),
        ("after: |\n    loss", f"after: |\n    {UNWRITTEN}> loss", 15, "still to be written"),
    ],
)
def test_a_loose_end_in_a_rule_is_found(tmp_path: Path, good: str, bad: str, line: int, message: str) -> None:
    assert good in RULE
    problems = found(pack(tmp_path, rules={"loss/twice": RULE.replace(good, bad, 1)}))
    told = [said for file, where, said in problems if (file, where) == ("twice.yaml", line)]
    assert any(message in said for said in told), problems


@pytest.mark.parametrize("shown", ["", ", graph.ratio: 1"])
def test_a_clause_that_no_example_needs_is_dead(tmp_path: Path, shown: str) -> None:
    more = RULE.replace("  all:\n", "  any:\n    - {fact: graph.ratio, above: 3.0}\n")
    more = more.replace("softmax: true", f"softmax: true{shown}")
    more = more.replace("softmax: false}", "softmax: false, graph.ratio: 1, answer.worked_before: once}")
    problems = found(pack(tmp_path, rules={"loss/twice": more}))
    assert problems == [("twice.yaml", 7, "dead clause: graph.ratio matters in no example that fires")]


@pytest.mark.parametrize(("shown", "dead"), [("", True), (", graph.ratio: 1", False)])
def test_a_clause_under_a_not_must_be_known_where_the_rule_fires(tmp_path: Path, shown: str, *, dead: bool) -> None:
    more = RULE.replace("  all:\n", "  all:\n    - {not: {fact: graph.ratio, above: 3.0}}\n")
    problems = found(pack(tmp_path, rules={"loss/twice": more.replace("softmax: true", f"softmax: true{shown}")}))
    assert any("dead clause: graph.ratio" in said for _, _, said in problems) == dead
    assert dead or not problems


def test_a_loop_over_several_rules_is_found_in_each_of_them(tmp_path: Path) -> None:
    rules = {"loss/a": RULE.replace("[slow]", "[slow, loss/b]"), "loss/b": RULE.replace("[slow]", "[loss/a]")}
    assert [(file, said) for file, _, said in found(pack(tmp_path, rules=rules))] == [
        ("a.yaml", "the rule leads back to itself"),
        ("b.yaml", "the rule leads back to itself"),
    ]


def test_a_rule_may_reach_its_symptom_through_another_rule(tmp_path: Path) -> None:
    assert not found(pack(tmp_path, rules={"loss/a": RULE, "loss/b": RULE.replace("[slow]", "[loss/a]")}))


def test_a_rule_must_be_reached_from_a_symptom_in_six_questions(tmp_path: Path) -> None:
    option = "[{id: a, says: {en: a, zh: 甲}}, {id: b, says: {en: b, zh: 乙}}]"
    others = "".join(f"  - {{id: other_{n}, ask: {{en: Which?, zh: 哪个？}}, options: {option}}}\n" for n in range(6))
    before, after = (
        found(pack(tmp_path, symptom=symptom))
        for symptom in (SYMPTOM.replace("questions:\n", f"questions:\n{others}"), SYMPTOM + others)
    )
    said = ("twice.yaml", 4, "no symptom leads to the rule within 6 questions")
    assert said in before
    assert said not in after


def test_an_answer_that_another_symptom_asks_for_does_not_lead_there(tmp_path: Path) -> None:
    folder = pack(tmp_path)
    other = SYMPTOM.partition("questions:")[0]
    (folder / "knowledge/symptoms/high.yaml").write_text(other, encoding="utf-8")
    rule = folder / "knowledge/rules/loss/twice.yaml"
    rule.write_text(RULE.replace("[slow]", "[high]"), encoding="utf-8")
    assert ("twice.yaml", 4, "no symptom leads to the rule within 6 questions") in found(folder)


def test_a_question_whose_answer_nobody_uses_is_idle(tmp_path: Path) -> None:
    without = RULE.replace("    - {fact: answer.worked_before, is: never}\n", "")
    problems = found(pack(tmp_path, rules={"loss/twice": without}))
    assert ("slow.yaml", 6, "no rule and no recogniser uses the answer to 'worked_before'") in problems


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ('"zh": "图"', '"zh": "graph"', 6, "nothing Chinese"),
        ('"en": "ratio"', '"en": " "', 11, "the English text is empty"),
        ('"""What the graph says."""', "", 5, "no docstring"),
    ],
)
def test_a_loose_end_in_a_card_is_found(tmp_path: Path, good: str, bad: str, line: int, message: str) -> None:
    assert good in PROBE
    ((file, where, said),) = found(pack(tmp_path, probe=PROBE.replace(good, bad, 1)))
    assert (file, where) == ("graph.py", line)
    assert message in said


def test_a_symptom_speaks_both_languages_down_to_its_options(tmp_path: Path) -> None:
    problems = check([pack(tmp_path, symptom=SYMPTOM.replace("从未", "never"))])
    assert [(problem.line, problem.column) for problem in problems] == [(9, 47)]


def test_what_loading_refuses_is_told_along_with_the_rest(tmp_path: Path) -> None:
    rules = {"loss/a": RULE.replace("serious", "grave"), "loss/b": RULE.replace("去掉它。", "no")}
    problems = check([pack(tmp_path, rules=rules)])
    assert all(isinstance(problem, Problem) for problem in problems)
    assert [Path(problem.file).name for problem in problems] == ["a.yaml", "b.yaml"]
