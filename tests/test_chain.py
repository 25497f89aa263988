from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from nndoctor.case import Case, Evidence, Fact, Patient
from nndoctor.engine.diagnose import Finding, diagnose
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import SEVERITIES, Rule
from tests.packs import book, rule, symptom

NAN = symptom("nan", order=1, recognised_when={"fact": "loss.nan", "is": True})
SLOW = symptom("slow", order=2, recognised_when={"fact": "loss.slow", "is": True})


def above(fact: str) -> dict[str, object]:
    return {"fact": fact, "above": 0}


def case(**steps: int | None) -> Case:
    """Facts by name, as `rate__update=3`: probe `rate`, fact `update`, first seen at step 3."""
    found: dict[str, dict[str, Fact]] = {}
    for name, step in steps.items():
        probe, _, quantity = name.partition("__")
        found.setdefault(probe, {})[quantity] = Fact(value=True if probe == "loss" else 1.0, step=step)
    sick = Case(Patient("train.py"))
    for probe, facts in found.items():
        sick = sick.with_evidence(Evidence(probe, "measured", facts=facts))
    return sick


def told(sick: Case, *rules: Rule) -> list[tuple[str, str, int | None]]:
    first = diagnose(sick, book(rules, [NAN, SLOW])).findings[0]
    return [(link.kind, link.id, link.step) for link in first.chain]


RATE = rule("opt/rate", {"all": [above("rate.update"), above("rate.rise"), above("rate.lower")]}, "act/dead", "nan")
DEAD = rule("act/dead", above("act.dead"), "slow")


def test_the_chain_goes_from_the_cause_over_its_signs_and_echoes_to_the_symptom() -> None:
    sick = case(rate__update=1, rate__rise=12, rate__lower=None, act__dead=5, loss__nan=13)
    assert told(sick, DEAD, RATE) == [
        ("cause", "opt/rate", 1),
        ("echo", "act/dead", 5),
        ("sign", "rate.rise", 12),
        ("symptom", "nan", 13),
    ]


def test_a_link_without_a_moment_keeps_its_place_among_the_others() -> None:
    sick = case(rate__update=1, rate__rise=12, rate__lower=None, act__dead=None, loss__nan=None)
    assert told(sick, DEAD, RATE) == [
        ("cause", "opt/rate", 1),
        ("sign", "rate.rise", 12),
        ("echo", "act/dead", None),
        ("symptom", "nan", None),
    ]


def test_what_shows_the_symptom_is_not_told_as_a_sign_of_the_cause_too() -> None:
    bad = rule("data/bad", {"all": [above("data.bad"), {"fact": "loss.nan", "is": True}]}, "nan")
    assert told(case(data__bad=7, loss__nan=7), bad) == [("cause", "data/bad", 7), ("symptom", "nan", 7)]


def test_the_complaint_is_the_end_of_the_chain_where_the_cause_leads_to_it() -> None:
    both = rule("opt/both", above("rate.update"), "nan", "slow")
    sick = case(rate__update=0, loss__nan=3, loss__slow=None)
    assert told(sick, both)[-1] == ("symptom", "nan", 3)
    assert told(sick.complaining_of("slow"), both)[-1] == ("symptom", "slow", None)


def test_a_cause_from_which_nothing_is_known_to_follow_has_no_chain() -> None:
    assert told(case(rate__update=0, loss__nan=3), rule("opt/other", above("rate.update"), "elsewhere")) == []


def test_a_symptom_may_be_reached_through_an_echo_only() -> None:
    root = rule("init/large", above("init.gain"), "act/dead")
    assert told(case(init__gain=0, act__dead=2, loss__slow=None), root, DEAD) == [
        ("cause", "init/large", 0),
        ("echo", "act/dead", 2),
        ("symptom", "slow", None),
    ]


def test_what_had_to_be_small_is_no_sign_beside_what_is_there() -> None:
    calm = {"fact": "rate.rise", "at_most": 2}
    both = rule("loss/log", {"all": [above("op.made"), calm]}, "nan")
    sick = case(op__made=7, rate__rise=5, loss__nan=8)
    assert told(sick, both) == [("cause", "loss/log", 7), ("symptom", "nan", 8)]
    assert told(sick, rule("loss/calm", calm, "nan")) == [("cause", "loss/calm", 5), ("symptom", "nan", 8)]


def test_a_suspicion_has_no_chain() -> None:
    half = rule("opt/half", {"all": [above("rate.update"), above("other.fact")]}, "nan")
    (finding,) = diagnose(case(rate__update=0, loss__nan=3), book([half], [NAN])).findings
    assert (finding.status, finding.chain) == ("suspected", ())


# any web of rules, loops too

NAMES = [f"r/{letter}" for letter in "abcdef"]
WEBS = st.dictionaries(
    st.sampled_from(NAMES), st.sets(st.sampled_from([*NAMES, "nan", "slow"]), min_size=1), min_size=1
)
STEPS = st.fixed_dictionaries({name: st.none() | st.integers(0, 20) for name in NAMES})


def findings_of(web: Mapping[str, set[str]], steps: Mapping[str, int | None]) -> tuple[tuple[Finding, ...], Rulebook]:
    severities = SEVERITIES
    rules = [
        rule(name, above(f"p.{name[-1]}"), *sorted(effects), severity=severities[NAMES.index(name) % 4])
        for name, effects in web.items()
    ]
    facts = {name[-1]: Fact(1.0, step=steps[name]) for name in web}
    sick = Case(Patient("train.py")).with_evidence(Evidence("p", "measured", facts=facts)).complaining_of("nan")
    knowledge = book(rules, [NAN, SLOW])
    return diagnose(sick, knowledge).findings, knowledge


@given(WEBS, STEPS)
def test_no_echo_stands_above_a_cause_of_it_and_each_right_under_its_last(
    web: Mapping[str, set[str]], steps: Mapping[str, int | None]
) -> None:
    findings, knowledge = findings_of(web, steps)
    order = [finding.rule for finding in findings]
    assert sorted(order) == sorted(web)
    reach = {name: knowledge.effects(name).intersection(web) for name in web}
    for number, name in enumerate(order):
        causes = [cause for cause in web if name in reach[cause] and cause not in reach[name]]
        places = [order.index(cause) for cause in causes]
        assert all(place < number for place in places)
        if places:
            assert reach[order[max(places)]].issuperset(order[max(places) + 1 : number + 1])


@given(WEBS, STEPS)
def test_every_link_is_led_to_by_one_before_it_and_signs_go_by_time(
    web: Mapping[str, set[str]], steps: Mapping[str, int | None]
) -> None:
    findings, _ = findings_of(web, steps)
    for finding in findings:
        chain = finding.chain
        known: list[str] = []
        for link in chain:
            assert link.id not in known
            if link.kind in ("echo", "symptom"):
                assert any(link.id in web[before] for before in known if before in web)
            known.append(link.id)
        assert [link.kind for link in chain][:1] in ([], ["cause"])
        assert [link.id for link in chain if link.kind == "symptom"] in ([], ["nan"])
        assert len(chain) != 1
