"""When a trial says cured, and when it does not: over facts and losses as runs would bring them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndoctor.case import Arm, Case, Evidence, Fact, Patient, Place, Series, Trial, TrialRun
from nndoctor.engine.diagnose import diagnose
from nndoctor.engine.plan import Run
from nndoctor.engine.standing import stand
from nndoctor.engine.step import Conclude, Step, next_step
from nndoctor.engine.treatment import Treat
from nndoctor.engine.trial import TrialVerdict, judged
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Remedy
from tests.packs import book, rule, symptom

ILL, WELL = {"curve.stuck": True}, {"curve.stuck": False}
SLOWER: Mapping[str, bool | float | str] = {"intervention": "learning_rate_times", "factor": 0.1}


def evidence(facts: Mapping[str, bool]) -> Mapping[str, Evidence]:
    found: dict[str, dict[str, Fact]] = {}
    for name, value in facts.items():
        probe, _, quantity = name.partition(".")
        found.setdefault(probe, {})[quantity] = Fact(value)
    return {probe: Evidence(probe, "measured", facts=MappingProxyType(own)) for probe, own in found.items()}


def run(
    facts: Mapping[str, bool], loss: float | None = None, loss_as_is: float | None = 2.0, why: str = ""
) -> TrialRun:
    return TrialRun(
        "measured",
        (SLOWER,),
        evidence=MappingProxyType(evidence(facts)),
        loss=loss,
        error=0.01,
        loss_as_is=loss_as_is,
        error_as_is=0.01,
        why=why,
    )


def knowledge(*, of_the_loss: bool = True) -> Rulebook:
    stuck = symptom("stuck", recognised_when={"fact": "curve.stuck", "is": True}, of_the_loss=of_the_loss)
    rules = [
        rule("a/first", {"fact": "probe.first", "is": True}, "stuck", treatment=SLOWER),
        rule("a/second", {"fact": "probe.second", "is": True}, "stuck", treatment={**SLOWER, "factor": 0.5}),
    ]
    return book(rules, [stuck])


def case(**facts: bool) -> Case:
    start = Case(Patient("train.py"))
    seen = {"curve.stuck": True, **{f"probe.{name}": value for name, value in facts.items()}}
    for one in evidence(seen).values():
        start = start.with_evidence(one)
    return start


def verdict(runs: Mapping[Arm, TrialRun], book_: Rulebook | None = None, patient: Case | None = None) -> TrialVerdict:
    book_, patient = book_ or knowledge(), patient or case(first=True, second=False)
    return judged(Trial("a/first", MappingProxyType(dict(runs))), patient, stand(patient, book_), book_)


SICK = run(ILL, 2.0)


def test_cured_when_the_symptom_is_gone_under_the_treatment_alone_and_the_loss_is_lower() -> None:
    told = verdict({"treated": run(WELL, 0.5), "other_seed": run(ILL, 1.95), "other_change": SICK})
    assert told.outcome == "cured"
    assert told.complaints == ("stuck",)
    assert told.left == {"treated": (), "other_seed": ("stuck",), "other_change": ("stuck",)}
    assert told.gain == pytest.approx(1.45)  # below the best of those that were not treated
    assert told.margin == pytest.approx(3 * (2 * 0.01**2) ** 0.5)


def test_a_control_that_just_misses_the_symptom_does_not_outweigh_a_far_lower_loss() -> None:
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 0.5), "other_seed": run(WELL, 1.9), "other_change": SICK}
    assert verdict(runs).outcome == "cured"
    assert verdict(runs, knowledge(of_the_loss=False)).reason == "comes_and_goes"
    assert (
        verdict({**runs, "other_seed": run(WELL, 1.2)}).reason == "comes_and_goes"
    )  # the runs without it differ by 0.8


def test_an_alternative_that_could_not_be_told_before_does_not_leave_the_cure_open() -> None:
    either = {"all": [{"any": [{"fact": "curve.stuck", "is": True}, {"fact": "held.worse", "is": True}]}]}
    known = knowledge()
    both = replace(known, symptoms={"stuck": symptom("stuck", recognised_when=either, of_the_loss=True)})
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 0.5), "other_seed": SICK, "other_change": SICK}
    assert verdict(runs, both).outcome == "cured"
    seen = case(first=True, second=False).with_evidence(evidence({"held.worse": False})["held"])
    assert verdict(runs, both, seen).reason == "open"


def test_the_runs_are_asked_for_one_after_the_other() -> None:
    assert verdict({}).due == "treated"
    assert verdict({"treated": run(WELL, 0.5)}).due == "other_seed"
    assert verdict({"treated": run(WELL, 0.5), "other_seed": SICK}).due == "other_change"
    assert verdict({"treated": run(ILL, 2.0)}).due is None


@pytest.mark.parametrize(
    ("runs", "outcome", "reason"),
    [
        # another seed gains as much
        ({"treated": run(WELL, 1.5), "other_seed": run(ILL, 1.52)}, "improved", "within_noise"),
        ({"treated": run(WELL, 2.1), "other_seed": SICK}, "unchanged", "within_noise"),
        ({"treated": run(WELL, 0.5), "other_seed": run(WELL, 0.5)}, "undetermined", "comes_and_goes"),
        (
            {"treated": run(WELL, 0.5), "other_seed": SICK, "other_change": run(WELL, 0.5)},
            "undetermined",
            "unspecific",
        ),
        ({"treated": run({}, 0.5)}, "undetermined", "open"),
        ({"treated": TrialRun("timed_out", why="no time")}, "undetermined", "not_run"),
        ({"treated": run(WELL, 0.5, why="nothing was met")}, "undetermined", "not_run"),
        ({"treated": run(WELL, 0.5), "other_seed": TrialRun("died", why="killed")}, "undetermined", "not_run"),
        ({"treated": run(ILL, 1.0), "other_seed": SICK}, "improved", ""),
        ({"treated": run(ILL, 3.0), "other_seed": SICK}, "worse", ""),
        ({"treated": run(ILL, 1.99)}, "unchanged", ""),
    ],
)
def test_anything_less_is_no_cure(runs: Mapping[Arm, TrialRun], outcome: str, reason: str) -> None:
    told = verdict(runs)
    assert (told.outcome, told.reason, told.due) == (outcome, reason, None)


def test_a_second_control_that_met_nothing_to_change_does_not_count() -> None:
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 0.5), "other_seed": SICK}
    assert verdict({**runs, "other_change": run(ILL, 2.0, why="nothing was met")}).outcome == "cured"


def test_a_finite_loss_gains_on_one_that_was_lost() -> None:
    lost = run(ILL, None, None)
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 0.5, None), "other_seed": lost, "other_change": lost}
    assert verdict(runs).outcome == "cured"


def test_a_control_whose_loss_blew_up_without_becoming_nan_does_not_speak_against_the_cure() -> None:
    def curved(one: TrialRun, *losses: float) -> TrialRun:
        return replace(one, curve=Series("rerun", tuple(map(float, range(len(losses)))), losses))

    treated, lost = run(WELL, 0.5, loss_as_is=None), run(ILL, None, loss_as_is=None)
    rose, fell = curved(run(WELL, 1e9, None), 2.0, 1e9), curved(run(WELL, 1.0, None), 2.0, 1.0)
    nan = knowledge(of_the_loss=False)
    assert verdict({"treated": treated, "other_seed": lost, "other_change": rose}, nan).outcome == "cured"
    assert verdict({"treated": treated, "other_seed": lost, "other_change": fell}, nan).reason == "unspecific"
    worse = run(WELL, 5.0, loss_as_is=None)
    assert verdict({"treated": worse, "other_seed": lost, "other_change": rose}, nan).reason == "unspecific"


def test_a_symptom_that_is_not_one_of_the_loss_needs_no_lower_loss() -> None:
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 2.5), "other_seed": SICK, "other_change": SICK}
    assert verdict(runs, knowledge(of_the_loss=False)).outcome == "cured"


def test_a_cure_that_makes_the_loss_another_function_needs_no_lower_one_either() -> None:
    book_ = knowledge()
    first = book_.rules["a/first"]
    other = first.model_copy(update={"remedy": first.remedy.model_copy(update={"new_loss": True})})
    runs: dict[Arm, TrialRun] = {"treated": run(WELL, 2.5), "other_seed": SICK, "other_change": SICK}
    told = verdict(runs, replace(book_, rules={**book_.rules, "a/first": other}))
    assert (told.outcome, told.reason, told.gain) == ("cured", "other_loss", None)


def test_what_showed_by_no_symptom_is_cured_when_its_own_facts_are_gone() -> None:
    silent = case(first=True, second=False).with_evidence(evidence(WELL)["curve"])
    seen, gone = run({**WELL, "probe.first": True}, 2.0), run({**WELL, "probe.first": False}, 0.5)
    told = verdict({"treated": gone, "other_seed": seen, "other_change": seen}, patient=silent)
    assert (told.outcome, told.complaints) == ("cured", ("a/first",))
    alike = run({**WELL, "probe.first": False}, 2.0)
    assert verdict({"treated": alike, "other_seed": seen, "other_change": seen}, patient=silent).outcome == "cured"
    lucky = run({**WELL, "probe.first": True}, 1.0)
    assert verdict({"treated": alike, "other_seed": lucky, "other_change": seen}, patient=silent).outcome == "cured"
    worse = run({**WELL, "probe.first": False}, 3.0)
    assert verdict({"treated": worse, "other_seed": seen}, patient=silent).outcome == "unchanged"


def test_a_cause_that_hid_behind_the_first_comes_to_light_and_is_treated_on_top_of_it() -> None:
    book_, patient = knowledge(), case(first=True, second=False)
    treated = run({**ILL, "probe.first": False, "probe.second": True}, 1.99)
    patient = patient.with_trial_run("a/first", "treated", treated)
    first, second = diagnose(patient, book_).findings
    assert (first.rule, first.behind, second.rule, second.behind) == ("a/first", "", "a/second", "a/first")
    step = next_step(patient, book_)
    assert isinstance(step, Treat)
    assert (step.rule, step.arm) == ("a/second", "treated")
    assert [change["factor"] for change in step.changes] == [0.1, 0.5]


def test_a_control_that_could_not_be_run_ends_the_trial() -> None:
    patient = case(first=True, second=False).with_trial_run("a/first", "treated", run(WELL, 0.5))
    assert isinstance(next_step(patient, knowledge()), Treat)
    ended = patient.with_trial_run("a/first", "other_seed", TrialRun("timed_out", why="no time"))
    assert isinstance(next_step(ended, knowledge()), Conclude)


def part(facts: Mapping[str, bool], loss: float, at_end: float = 1.8) -> TrialRun:
    return replace(run(facts, loss), iterations=100, part=True, loss_at_end=at_end)


def due(runs: Mapping[Arm, TrialRun], book_: Rulebook | None = None) -> tuple[Arm, bool] | None:
    """The arm that is run next, and whether the whole way; by the steps of a visit."""
    patient = case(first=True, second=False)
    for arm, one in runs.items():
        patient = patient.with_trial_run("a/first", arm, one)
    step = next_step(patient, book_ or knowledge())
    return (step.arm, step.whole) if isinstance(step, Treat) else None


def test_a_part_of_the_way_is_enough_where_it_brings_more_than_the_whole_way_without_the_treatment() -> None:
    assert due({}) == ("treated", False)
    runs: dict[Arm, TrialRun] = {"treated": part(WELL, 0.5), "other_seed": SICK}
    assert due({"treated": part(WELL, 0.5)}) == ("other_seed", True)
    assert verdict({**runs, "other_change": SICK}).outcome == "cured"
    assert verdict({**runs, "other_change": SICK}).gain == pytest.approx(1.3)  # below 1.8, its end


@pytest.mark.parametrize(
    "runs",
    [
        {"treated": part(ILL, 0.5)},
        {"treated": part({}, 0.5)},
        {"treated": part(WELL, 1.9)},  # lower than as it is by then, but not than at its end
        {"treated": part(WELL, 0.5), "other_seed": run(WELL, 0.5)},
        {"treated": part(WELL, 0.5), "other_seed": SICK, "other_change": run(WELL, 0.5)},
    ],
)
def test_else_the_treated_run_goes_the_whole_way(runs: Mapping[Arm, TrialRun]) -> None:
    assert verdict(runs).outcome == "undetermined"
    assert due(runs) == ("treated", True)


def test_without_a_symptom_of_the_loss_the_part_need_not_be_below_the_end() -> None:
    assert due({"treated": part(WELL, 1.9)}, knowledge(of_the_loss=False)) == ("other_seed", True)


def test_controls_go_the_whole_way_only_where_a_part_of_it_is_not_as_without_the_treatment() -> None:
    treated = run(WELL, 0.5)
    assert due({"treated": treated}) == ("other_seed", False)
    assert due({"treated": treated, "other_seed": part(ILL, 2.0)}) == ("other_change", False)
    known = knowledge(of_the_loss=False)
    assert due({"treated": treated, "other_seed": part(WELL, 2.0)}, known) == ("other_seed", True)
    assert due({"treated": treated, "other_seed": part(ILL, 1.0)}) == ("other_seed", True)
    both: dict[Arm, TrialRun] = {"treated": treated, "other_seed": part(ILL, 2.0), "other_change": part(ILL, 2.0)}
    assert verdict(both).outcome == "cured"


def test_in_a_part_of_the_way_a_control_that_does_as_the_script_does_has_its_symptoms_of_the_loss() -> None:
    runs: dict[Arm, TrialRun] = {"treated": part(WELL, 0.5), "other_seed": run(WELL, 1.99), "other_change": SICK}
    told = verdict(runs)
    assert (told.outcome, told.left["other_seed"]) == ("cured", ("stuck",))
    assert verdict(runs, knowledge(of_the_loss=False)).due == "treated"
    treated = run(WELL, 0.5)
    assert due({"treated": treated, "other_seed": part(WELL, 1.99)}) == ("other_change", False)
    assert due({"treated": treated, "other_seed": run(WELL, 1.0), "other_change": SICK}) is None


def test_the_controls_of_a_part_serve_the_whole_way_too() -> None:
    runs: dict[Arm, TrialRun] = {"treated": part(WELL, 1.9), "other_seed": SICK}
    patient = case(first=True, second=False)
    for arm, one in (*runs.items(), ("treated", run(WELL, 0.5))):
        patient = patient.with_trial_run("a/first", arm, one)
    assert patient.trials["a/first"].runs == {"treated": run(WELL, 0.5), "other_seed": replace(SICK, part=True)}


def test_a_patient_whose_cure_is_not_to_be_tried_gets_the_diagnosis_at_once() -> None:
    patient = Case(Patient("train.py", trials=False))
    for one in evidence({"curve.stuck": True, "probe.first": True, "probe.second": False}).values():
        patient = patient.with_evidence(one)
    assert isinstance(next_step(patient, knowledge()), Conclude)


WITH_EDIT = {"do": {"en": "x", "zh": "x"}, "try": SLOWER, "edit": {"edit": "detach_kept", "at": "probe.first"}}


@given(st.data())
def test_whatever_the_runs_bring_the_trials_come_to_an_end(data: st.DataObject) -> None:
    book_ = knowledge()
    rules = {
        id_: one.model_copy(update={"remedy": Remedy.model_validate(WITH_EDIT)}) for id_, one in book_.rules.items()
    }
    book_ = replace(book_, rules=rules)
    place = Place("train.py", 3)
    patient = case(first=True, second=data.draw(st.booleans()))
    patient = patient.with_evidence(
        Evidence("probe", "measured", facts=MappingProxyType({"first": Fact(value=True, where=(place,))}))
    )
    taken: list[Step] = []
    while not isinstance(step := next_step(patient, book_), Conclude):
        # a control may go as far as a part of the treated run, and then as far as the whole
        assert taken.count(step) < (1 if isinstance(step, Treat) and step.arm == "treated" else 2), taken
        taken.append(step)
        if isinstance(step, Run):
            found = Evidence(step.probe_id, "not_measurable")
            patient = patient.with_evidence_under(step.under, found) if step.under else patient.with_evidence(found)
            continue
        assert isinstance(step, Treat)
        brought = run(
            data.draw(st.sampled_from([ILL, WELL, {}])),
            data.draw(st.sampled_from([0.5, 1.9, 3.0, None])),
            data.draw(st.sampled_from([2.0, None])),
            data.draw(st.sampled_from(["", "", "refused"])),
        )
        part = not step.whole and data.draw(st.booleans())
        made = replace(brought, changes=step.changes, edits=step.edits, part=part, loss_at_end=1.8 if part else None)
        patient = patient.with_trial_run(step.rule, step.arm, made)
