from __future__ import annotations

from pathlib import Path

import pytest

from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.pack import PackError, Problem
from tests.packs import PROBE, RULE, SYMPTOM, pack


def problems(*packs: Path) -> list[Problem]:
    with pytest.raises(PackError) as refused:
        load(packs)
    return list(refused.value.problems)


def test_a_sound_pack_is_read_whole(tmp_path: Path) -> None:
    book = load([pack(tmp_path)])
    rule = book.rules["loss/twice"]
    assert (rule.title.en, rule.line, Path(rule.file).name) == ("Softmax before cross-entropy", 1, "twice.yaml")
    assert rule.title.in_language("zh").startswith("交叉熵")
    assert book.symptoms["slow"].questions[0].options[0].id == "never"
    assert book.probes["graph"].about == "What the graph says."
    assert Path(book.probes["graph"].path) == tmp_path / "probes" / "graph.py"


def test_facts_are_known_by_their_full_names(tmp_path: Path) -> None:
    book = load([pack(tmp_path)])
    assert book.probe_of("graph.softmax") == "graph"
    assert book.probe_of("graph.nothing") is None
    assert book.probe_of("answer.worked_before") is None
    fact, answer = book.fact_card("graph.name"), book.fact_card("answer.worked_before")
    assert fact is not None
    assert fact.labels == ("nll", "mse")
    assert answer is not None
    assert (answer.kind, answer.labels) == ("label", ("never", "once"))


def test_tests_beside_probes_are_no_probes_and_probes_are_never_imported(tmp_path: Path) -> None:
    folder = pack(tmp_path, probe=PROBE + "\nraise SystemExit('imported')\n")
    (folder / "probes" / "graph_test.py").write_text("raise SystemExit('imported')")
    assert list(load([folder]).probes) == ["graph"]


def test_effects_follow_rules_to_symptoms_and_survive_loops(tmp_path: Path) -> None:
    near, far = RULE.replace("[slow]", "[slow, loss/far]"), RULE.replace("[slow]", "[loss/near]")
    book = load([pack(tmp_path, rules={"loss/near": near, "loss/far": far})])
    assert book.effects("loss/far") == {"slow", "loss/near", "loss/far"}


@pytest.mark.parametrize(
    ("good", "bad", "line", "column", "message", "hint"),
    [
        ("severity:", "seveerity:", 2, 1, "there is no key 'seveerity' here", "did you mean 'severity'?"),
        ("serious", "seriuos", 2, 11, "'seriuos' is not one of", "did you mean 'serious'?"),
        ("[slow]", "[slwo]", 4, 12, "there is no symptom or rule 'slwo'", "did you mean 'slow'?"),
        ("graph.softmax, is", "graph.sofmax, is", 7, 14, "no probe measures", "did you mean 'graph.softmax'?"),
        ("graph.softmax, is", "softmax, is", 7, 14, "no full name", "<probe>.<quantity>"),
        ("answer.worked_before, is", "answer.worked, is", 8, 14, "no symptom asks", "'answer.worked_before'?"),
        ("is: never", "is: nevr", 8, 7, "is never 'nevr'", "did you mean 'never'?"),
        ("softmax, is: true", "softmax, above: 1.0", 7, 7, "is of kind flag", "is: true"),
        ("softmax, is: true", "ratio_by_layer, above: 1.0", 7, 7, "is of kind by_layer", "some: {...}"),
        ("softmax, is: true", "ratio, some: {above: 1.0}", 7, 7, "is of kind number", "above"),
        ("softmax, is: true", "ratio, is: true", 7, 7, "is of kind number", "above"),
        ("softmax, is: true", "ratio, above: 1e-3", 7, 34, "YAML reads 1e-3 as a text", "write 1.0e-3"),
        ("softmax, is: true", "ratio, above: 2.5E6", 7, 34, "YAML reads 2.5E6 as a text", "write 2.5e+6"),
        ("softmax, is: true", "ratio, abov: 1.0", 7, 27, "there is no key 'abov' here", "did you mean 'above'?"),
        ("{fact: graph.s", "{fct: graph.s", 7, 7, "a condition is one of", "did you mean 'fact'?"),
        ("why:", "# why:", 1, 1, "'why' is missing", ""),
        ("likelihood: common", "severity: fatal", 3, 1, "'severity' is written twice", ""),
        ("severity: serious", "severity: [serious", 3, 11, "no YAML", ""),
        ("severity: serious", "id: mine", 2, 1, "id is not written", ""),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_place_and_its_cure(  # noqa: PLR0917
    tmp_path: Path, good: str, bad: str, line: int, column: int, message: str, hint: str
) -> None:
    assert good in RULE
    found = problems(pack(tmp_path, rules={"loss/twice": RULE.replace(good, bad, 1)}))
    place = [problem for problem in found if (problem.line, problem.column) == (line, column)]
    assert any(message in problem.message and hint in problem.hint for problem in place), found
    assert {Path(problem.file).name for problem in found} == {"twice.yaml"}


def test_a_number_that_yaml_reads_as_a_text_is_one_problem(tmp_path: Path) -> None:
    wrong = RULE.replace("graph.softmax, is: true", "graph.ratio, above: 1e-3")
    assert len(problems(pack(tmp_path, rules={"loss/twice": wrong}))) == 1


@pytest.mark.parametrize(
    ("good", "bad", "line", "message"),
    [
        ('"kind": "flag"', '"kind": "flags"', 10, "'flags' is not one of number, flag, label, by_layer"),
        ('"cost": "free"', '"cost": "freee"', 7, "'freee' is not one of free, seconds, minutes"),
        ('"cost": "free",', "", 5, "'cost' is missing"),
        ('"cost": "free"', '"cost": cheap()', 5, "literals only"),
        ("def run(bench: Bench) -> Facts:", "def run(bench: Bench) -> Facts", 18, "no Python"),
        ("def run", "def ran", 1, "a function run"),
        ("CARD: Card =", "KARD: Card =", 1, "a CARD at the top"),
    ],
)
def test_a_mistake_in_a_card_is_told_with_its_place(
    tmp_path: Path, good: str, bad: str, line: int, message: str
) -> None:
    assert good in PROBE
    found = problems(pack(tmp_path, probe=PROBE.replace(good, bad, 1)))
    assert [problem.line for problem in found] == [line], found
    assert message in found[0].message


def test_a_broken_symptom_is_one_problem_and_not_one_for_each_rule_that_names_it(tmp_path: Path) -> None:
    found = problems(pack(tmp_path, symptom=SYMPTOM.replace("order: 1", "order: first")))
    assert [(Path(problem.file).name, problem.line) for problem in found] == [("slow.yaml", 3)]


def test_all_problems_of_all_packs_are_told_at_once(tmp_path: Path) -> None:
    first = pack(tmp_path / "a", rules={"loss/twice": RULE.replace("serious", "grave")})
    second = pack(tmp_path / "b", rules={"Loss/twice": RULE})
    told = [problem.message for problem in problems(first, second, tmp_path / "none")]
    for part in ("'grave'", "has a place here", "no pack", "symptom 'slow' is there already", "probe 'graph' is there"):
        assert any(part in message for message in told), part


def test_one_question_has_one_wording(tmp_path: Path) -> None:
    folder = pack(tmp_path)
    (folder / "knowledge/symptoms/stuck.yaml").write_text(SYMPTOM.replace("Did it ever", "Has it ever"))
    (problem,) = problems(folder)
    assert "in other words" in problem.message


def test_a_problem_reads_like_a_compilers() -> None:
    assert str(Problem("a.yaml", 3, 4, "wrong", "do right")) == "a.yaml:3:4: wrong (do right)"


def test_the_pack_that_ships_is_where_knowledge_lies() -> None:
    assert (builtin() / "knowledge").is_dir()
