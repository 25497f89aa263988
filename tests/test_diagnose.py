from __future__ import annotations

from nndoctor.case import UNSURE, Case, Evidence, Fact, Patient
from nndoctor.engine.diagnose import NotExamined, Recognised, diagnose
from nndoctor.engine.standing import CHECK_UP
from nndoctor.rulebook.rule import Rule
from tests.packs import book, rule, symptom

SLOW = symptom("slow", "q", recognised_when={"fact": "p.slow", "is": True})
STUCK = symptom("stuck", order=2)


def flag(fact: str) -> dict[str, object]:
    return {"fact": fact, "is": True}


def seen(**flags: bool) -> Case:
    facts = {name: Fact(value) for name, value in flags.items()}
    return Case(Patient("train.py")).with_evidence(Evidence("p", "measured", facts=facts))


def order(case: Case, *rules: Rule) -> list[str]:
    return [finding.rule for finding in diagnose(case, book(rules, [SLOW, STUCK])).findings]


def test_yes_is_confirmed_no_is_ruled_out() -> None:
    rules = [rule("a/x", flag("p.x"), "slow"), rule("a/y", flag("p.y"), "slow")]
    diagnosis = diagnose(seen(x=True, y=False), book(rules, [SLOW]))
    (finding,) = diagnosis.findings
    assert (finding.rule, finding.status, finding.rank, finding.leads_to) == ("a/x", "confirmed", 1, ("slow",))
    assert [witness.fact for witness in finding.witnesses] == ["p.x"]
    assert diagnosis.ruled_out == ("a/y",)
    assert not diagnosis.not_examined


def test_a_confirmed_cause_is_told_even_if_nobody_complains() -> None:
    assert order(seen(x=True), rule("a/x", flag("p.x"), "slow")) == ["a/x"]


def test_half_shown_and_explaining_a_complaint_is_suspected() -> None:
    half = rule("a/x", {"all": [flag("p.x"), flag("r.x")]}, "slow")
    (finding,) = diagnose(seen(x=True).complaining_of("slow"), book([half], [SLOW])).findings
    assert finding.status == "suspected"
    assert [witness.fact for witness in finding.witnesses] == ["p.x"]


def test_what_leads_to_nothing_that_counts_is_not_suspected() -> None:
    half = rule("a/x", {"all": [flag("p.x"), flag("r.x")]}, "slow")
    diagnosis = diagnose(seen(x=True).complaining_of("stuck"), book([half], [SLOW, STUCK]))
    assert not diagnosis.findings
    assert diagnosis.not_examined == (NotExamined("a/x", ("r.x",), "r: not run"),)


def test_a_suspicion_may_reach_a_recognised_symptom_through_another_rule() -> None:
    far = rule("a/far", {"all": [flag("p.x"), flag("r.x")]}, "a/near")
    near = rule("a/near", flag("r.y"), "slow")
    assert order(seen(x=True, slow=True), far, near) == ["a/far"]


def test_an_answer_or_the_absence_of_something_is_not_enough_to_suspect() -> None:
    said = rule("a/said", {"all": [{"fact": "answer.q", "is": "yes"}, flag("r.x")]}, "slow")
    absent = rule("a/absent", {"all": [{"not": flag("p.x")}, flag("r.x")]}, "slow")
    case = seen(x=False).complaining_of("slow").with_answer("q", "yes")
    assert order(case, said, absent) == []


def test_what_could_not_be_examined_says_why() -> None:
    needs = ("answer.q", "p.y", "r.x", "s.x")
    rules = [rule("a/x", {"all": [*(flag(name) for name in needs[1:]), {"fact": "answer.q", "is": "yes"}]}, "slow")]
    case = seen(x=True).with_answer("q", UNSURE).with_evidence(Evidence("r", "not_measurable", why="no loss"))
    (left,) = diagnose(case.with_evidence(Evidence("s", "died")), book(rules, [SLOW])).not_examined
    assert left.needs == needs
    assert left.why == "q: not answered; p: y does not exist in this run; r: no loss; s: died"


def test_symptoms_are_complaints_first_then_what_the_facts_recognise() -> None:
    knowledge = book([], [SLOW, STUCK])
    recognised = diagnose(seen(slow=True).complaining_of("stuck"), knowledge).symptoms
    assert [(symptom.id, symptom.complained, len(symptom.witnesses)) for symptom in recognised] == [
        ("stuck", True, 0),
        ("slow", False, 1),
    ]
    both = diagnose(seen(slow=True).complaining_of("slow", CHECK_UP), knowledge).symptoms
    assert [(symptom.id, symptom.complained, len(symptom.witnesses)) for symptom in both] == [("slow", True, 1)]
    assert diagnose(seen(slow=False).complaining_of("slow"), knowledge).symptoms == (Recognised("slow", (), True),)


def test_the_cause_goes_before_its_echo_however_grave_the_echo_is() -> None:
    cause = rule("a/cause", flag("p.x"), "b/echo", severity="untidy")
    echo = rule("b/echo", flag("p.y"), "slow", severity="fatal")
    diagnosis = diagnose(seen(x=True, y=True), book([echo, cause], [SLOW]))
    assert [(finding.rule, finding.caused_by) for finding in diagnosis.findings] == [
        ("a/cause", ()),
        ("b/echo", ("a/cause",)),
    ]


def test_an_echo_stands_directly_under_its_cause_and_an_unconfirmed_cause_has_none() -> None:
    grave = rule("a/grave", flag("p.a"), "slow", severity="fatal")
    cause = rule("b/cause", flag("p.b"), "d/echo", severity="serious")
    lesser = rule("c/lesser", flag("p.c"), "slow", severity="costly")
    echo = rule("d/echo", flag("p.d"), "slow", severity="untidy")
    case = seen(a=True, b=True, c=True, d=True)
    assert order(case, echo, lesser, cause, grave) == ["a/grave", "b/cause", "d/echo", "c/lesser"]
    without_cause = seen(a=True, b=False, c=True, d=True)
    assert order(without_cause, echo, lesser, cause, grave) == ["a/grave", "c/lesser", "d/echo"]


def test_the_echoes_of_one_cause_go_by_weight_and_each_is_told_once() -> None:
    cause = rule("a/cause", flag("p.x"), "a/light", "a/grave", "a/deep")
    grave = rule("a/grave", flag("p.x"), "a/deep", severity="fatal")
    light = rule("a/light", flag("p.x"), "slow", severity="untidy")
    deep = rule("a/deep", flag("p.x"), "slow", severity="costly")
    assert order(seen(x=True), deep, light, grave, cause) == ["a/cause", "a/grave", "a/deep", "a/light"]


def test_equals_go_by_severity_then_likelihood_then_witnesses_then_name() -> None:
    rules = [
        rule("a/a", flag("p.x"), "slow", severity="costly"),
        rule("a/b", flag("p.x"), "slow", likelihood="rare"),
        rule("a/d", flag("p.x"), "slow"),
        rule("a/c", flag("p.x"), "slow"),
        rule("a/e", {"all": [flag("p.x"), flag("p.y")]}, "slow"),
    ]
    assert order(seen(x=True, y=True), *rules) == ["a/e", "a/c", "a/d", "a/b", "a/a"]


def test_suspicions_stand_last_however_grave() -> None:
    sure = rule("a/sure", flag("p.x"), "slow", severity="untidy")
    half = rule("a/half", {"all": [flag("p.x"), flag("r.x")]}, "stuck", severity="fatal")
    assert order(seen(x=True).complaining_of("slow", "stuck"), half, sure) == ["a/sure", "a/half"]


def test_what_a_confirmed_cause_explains_raises_no_suspicion() -> None:
    sure = rule("a/sure", flag("p.x"), "slow")
    half = rule("a/half", {"all": [flag("p.x"), flag("r.x")]}, "slow")
    assert order(seen(x=True).complaining_of("slow"), half, sure) == ["a/sure"]


def test_what_is_merely_untidy_explains_nothing() -> None:
    sure = rule("a/sure", flag("p.x"), "slow", severity="untidy")
    half = rule("a/half", {"all": [flag("p.x"), flag("r.x")]}, "slow")
    assert order(seen(x=True).complaining_of("slow"), half, sure) == ["a/sure", "a/half"]


def test_a_confirmed_finding_may_itself_be_an_echo_of_a_suspect() -> None:
    echo = rule("a/echo", flag("p.x"), "slow")
    root = rule("a/root", {"all": [flag("p.x"), flag("r.x")]}, "a/echo")
    assert order(seen(x=True).complaining_of("slow"), root, echo) == ["a/echo", "a/root"]


def test_rules_that_cause_each_other_are_told_once_each() -> None:
    one = rule("a/one", flag("p.x"), "a/two", severity="untidy")
    two = rule("a/two", flag("p.x"), "a/one", "slow", severity="fatal")
    itself = rule("a/self", flag("p.x"), "a/self", severity="costly")
    assert order(seen(x=True), one, two, itself) == ["a/self", "a/two", "a/one"]


def test_a_fact_that_needs_whole_epochs_leaves_its_rule_open_in_a_rehearsal() -> None:
    evidence = Evidence("p", "measured", facts={"x": Fact(value=True)}, withheld=("gap",))
    case = Case(Patient("train.py")).with_evidence(evidence)
    diagnosis = diagnose(case, book([rule("a/x", {"all": [flag("p.x"), flag("p.gap")]}, "slow")], [SLOW]))
    (left,) = diagnosis.not_examined
    assert left == NotExamined("a/x", ("p.gap",), "p: gap needs whole epochs, and this was a rehearsal")
