"""Whether a treatment cured: sick and treated side by side, and two controls that must stay sick.

Cured means that the symptoms which the cause leads to are no longer recognised; that they still are with nothing but
another seed, and with a change chosen at random; and, where they are symptoms of the training loss, that the loss is
lower by more than chance makes it. A disease that shows by no symptom is cured when its own facts are gone.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import hypot, inf
from types import MappingProxyType
from typing import Literal

from nndoctor.case import Arm, Case, Change, Fact, Trial, TrialRun
from nndoctor.engine.judge import Answer, judge
from nndoctor.engine.standing import Standing
from nndoctor.rulebook.condition import All, AnyOf, Condition
from nndoctor.rulebook.pack import Rulebook

TrialOutcome = Literal["cured", "improved", "unchanged", "worse", "undetermined"]
Reason = Literal["", "not_run", "open", "comes_and_goes", "unspecific", "within_noise", "other_loss"]
CONTROLS: tuple[tuple[Arm, Reason], ...] = (("other_seed", "comes_and_goes"), ("other_change", "unspecific"))
"""What it means if the symptoms are gone under a control too."""

ERRORS = 3.0
"""A loss must be lower than that of every run without the treatment, by so many standard errors."""
LEAST = 0.02
"""And by this part of the loss, for the error of a loss that has settled is tiny."""

BLOWN_UP = 1.0
"""A control whose loss came to twice what it began with is no better off for being finite."""

OTHER_CHANGES: tuple[Change, ...] = (
    MappingProxyType({"intervention": "learning_rate_times", "factor": 0.9}),
    MappingProxyType({"intervention": "learning_rate_times", "factor": 1.1}),
)
"""Changes that a sound training takes, and by which a sick one gains nothing."""


@dataclass(frozen=True, slots=True)
class TrialVerdict:
    """What a trial shows by its runs so far.

    `complaints` are the symptoms by which the disease shows, or the rule itself where there are none; `left` are those
    of them that each run still shows. `gain` is how much lower the treated loss is than any other run's, infinite where
    only that one is finite, and `margin` what it must exceed; None where they are not known. `due` is the run that is
    still needed: the treated one once more, where it went only a part of the way and that did not tell.
    """

    outcome: TrialOutcome
    reason: Reason = ""
    complaints: tuple[str, ...] = ()
    left: Mapping[Arm, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    gain: float | None = None
    margin: float | None = None
    due: Arm | None = None


def other_change(rule: str) -> Change:
    """The change of the second control: by chance, but the same whenever that rule is tried."""
    return OTHER_CHANGES[zlib.crc32(rule.encode()) % len(OTHER_CHANGES)]


def judged(trial: Trial, case: Case, standing: Standing, rulebook: Rulebook) -> TrialVerdict:
    """The verdict on the treatment of that rule."""
    treated = trial.runs.get("treated")
    if treated is None or not _ran(treated):
        return TrialVerdict("undetermined", "not_run", due=None if treated else "treated")
    verdict = _verdict(trial, treated, case, standing, rulebook)
    if not treated.part or verdict.outcome == "cured":
        return verdict
    if verdict.due is not None and not verdict.left["treated"] and _loss_agrees(verdict, trial, rulebook):
        return verdict
    return replace(verdict, outcome="undetermined", reason="", due="treated")


def _verdict(trial: Trial, treated: TrialRun, case: Case, standing: Standing, rulebook: Rulebook) -> TrialVerdict:
    complaints = _complaints(trial.rule, case, standing, rulebook)
    answers = {arm: _answers(complaints, case, run, rulebook) for arm, run in trial.runs.items() if _ran(run)}
    untreated = [run for arm, run in trial.runs.items() if arm != "treated" and _ran(run)]
    of_the_loss = [name for name in complaints if _has_one_of_the_loss([name], rulebook)]
    # a part of the way must bring more than the whole way does without the treatment
    end = treated.loss_at_end if of_the_loss else None
    left = {arm: tuple(name for name, seen in one.items() if seen is Answer.YES) for arm, one in answers.items()}
    for arm, run in trial.runs.items():
        # so early one symptom of the loss may look like another: who does as the script does will have the same
        if arm != "treated" and arm in left and (treated.part or run.part) and not _is_better(run):
            left[arm] = tuple(dict.fromkeys((*left[arm], *of_the_loss)))
    told = TrialVerdict(
        "undetermined",
        complaints=tuple(complaints),
        left=left,
        gain=_gain(treated, [treated.loss_as_is, end, *(run.loss for run in untreated)]),
        margin=_margin(treated),
    )
    if told.left["treated"]:
        return _not_cured(told, trial)
    if Answer.UNKNOWN in answers["treated"].values():
        return replace(told, reason="open")
    if (further := _further(told, trial)) is not None:
        return replace(told, due=further)
    if (doubt := _doubt(told, trial)) and not _stands_out(told, trial, rulebook):
        return replace(told, reason=doubt)
    due = next((arm for arm, _ in CONTROLS if arm not in trial.runs), None)
    if due != "other_seed" and not _loss_agrees(told, trial, rulebook):
        return replace(told, outcome="improved" if (told.gain or 0.0) > 0 else "unchanged", reason="within_noise")
    told = replace(told, outcome="undetermined" if due else "cured", due=due)
    other_loss = rulebook.rules[trial.rule].remedy.new_loss
    return replace(told, reason="other_loss", gain=None) if other_loss else told


def _further(told: TrialVerdict, trial: Trial) -> Arm | None:
    """A control that went only a part of the way, and does not do there as the sick run did: it must go on."""
    for arm, _ in CONTROLS:
        run = trial.runs.get(arm)
        if run is not None and run.part and _ran(run) and (not told.left[arm] or _is_better(run)):
            return arm
    return None


def _is_better(control: TrialRun) -> bool:
    """Than the run as it is, over the same steps."""
    gain = _gain(control, [control.loss_as_is])
    return gain is not None and gain > (_margin(control) or 0.0)


def _doubt(told: TrialVerdict, trial: Trial) -> Reason:
    """Why the controls so far speak against a cure; "" if they don't. The second may have met nothing to change."""
    for arm, reason in CONTROLS:
        if arm in told.left and not told.left[arm] and not _blew_up(trial.runs[arm], trial.runs["treated"]):
            return reason
    return "not_run" if "other_seed" in trial.runs and "other_seed" not in told.left else ""


def _blew_up(control: TrialRun, treated: TrialRun) -> bool:
    """The loss of the run as it is was lost; that of the control rose too, though it is a number still."""
    if treated.loss is None or treated.loss_as_is is not None or control.loss is None or control.curve is None:
        return False
    first = next((loss for loss in control.curve.y if loss is not None), None)
    return first is not None and control.loss > first + BLOWN_UP * abs(first) and treated.loss < first


def _stands_out(told: TrialVerdict, trial: Trial, rulebook: Rulebook) -> bool:
    """Whether the loss bears the cure out by more than the runs without it differ among themselves.

    Then a control in which the symptom just misses being recognised does not speak against it.
    """
    shows_by = rulebook.effects(trial.rule) if told.complaints == (trial.rule,) else told.complaints
    if not _has_one_of_the_loss(shows_by, rulebook) or rulebook.rules[trial.rule].remedy.new_loss:
        return False
    untreated = [run.loss for arm, run in trial.runs.items() if arm != "treated"] + [trial.runs["treated"].loss_as_is]
    losses = [loss for loss in untreated if loss is not None]
    return _exceeds(told) and len(losses) > 1 and (told.gain or 0.0) > max(losses) - min(losses)


def _ran(run: TrialRun) -> bool:
    """Whether it brought something: it was run, and what was to be changed was met."""
    return run.outcome == "measured" and not run.why


def _complaints(rule: str, case: Case, standing: Standing, rulebook: Rulebook) -> Mapping[str, Condition]:
    """By what the disease shows: the recognised symptoms that it leads to; if there are none, the rule's own facts."""
    effects, facts = rulebook.effects(rule), case.facts()
    shown = {
        name: _without_unknown(symptom.recognised_when, facts)
        for name, symptom in rulebook.symptoms.items()
        if name in effects and symptom.recognised_when is not None and name in standing.symptoms
        if standing.symptoms[name].answer is Answer.YES
    }
    return shown or {rule: rulebook.rules[rule].when}


def _without_unknown(when: Condition, facts: Mapping[str, Fact]) -> Condition:
    """Of alternatives those by which it can be told at all in this program, since another run measures no more."""
    match when:
        case All():
            return when.model_copy(update={"of": tuple(_without_unknown(one, facts) for one in when.of)})
        case AnyOf():
            told = tuple(one for one in when.of if judge(one, facts).answer is not Answer.UNKNOWN)
            return when.model_copy(update={"of": tuple(_without_unknown(one, facts) for one in told)}) if told else when
    return when


def _answers(complaints: Mapping[str, Condition], case: Case, run: TrialRun, rulebook: Rulebook) -> dict[str, Answer]:
    return {name: _answer(name, when, case, run, rulebook) for name, when in complaints.items()}


def _answer(name: str, when: Condition, case: Case, run: TrialRun, rulebook: Rulebook) -> Answer:
    """Whether it still shows. What only an experiment shows of a rule, its proof of cure tells."""
    facts: Mapping[str, Fact] = case.facts_with(run.evidence)
    answer = judge(when, facts).answer
    rule = rulebook.rules.get(name)
    if answer is not Answer.UNKNOWN or rule is None or rule.remedy.proof is None:
        return answer
    proof = judge(rule.remedy.proof, facts).answer
    return {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}[proof]


def _loss_agrees(told: TrialVerdict, trial: Trial, rulebook: Rulebook) -> bool:
    """Whether the loss bears the cure out: lower, where a symptom of it was there; not higher, where one might come.

    Higher than as it is: another seed may draw other data, and come out lower by that.
    """
    rule, treated = trial.rule, trial.runs["treated"]
    if rulebook.rules[rule].remedy.new_loss:
        return True
    if told.complaints == (rule,):
        gain = _gain(treated, [treated.loss_as_is])
        harmed = gain is not None and gain < -(told.margin or 0.0)
        return not harmed or not _has_one_of_the_loss(rulebook.effects(rule), rulebook)
    return _exceeds(told) or not _has_one_of_the_loss(told.complaints, rulebook)


def _has_one_of_the_loss(names: Iterable[str], rulebook: Rulebook) -> bool:
    return any(rulebook.symptoms[name].of_the_loss for name in names if name in rulebook.symptoms)


def _gain(treated: TrialRun, untreated: Iterable[float | None]) -> float | None:
    """How much lower the loss is at the end than any of those without the treatment."""
    sick = [loss for loss in untreated if loss is not None]
    if treated.loss is None:
        return -inf if sick else None
    return min(sick) - treated.loss if sick else inf


def _margin(treated: TrialRun) -> float | None:
    """What chance does to the loss: the errors of both levels."""
    if treated.loss is None or treated.loss_as_is is None:
        return None
    return max(ERRORS * hypot(treated.error or 0.0, treated.error_as_is or 0.0), LEAST * abs(treated.loss_as_is))


def _exceeds(told: TrialVerdict) -> bool:
    return told.gain is not None and told.gain > (told.margin or 0.0)


def _not_cured(told: TrialVerdict, trial: Trial) -> TrialVerdict:
    """Improved or worse only by more than chance, and for that another seed must have been seen."""
    size = abs(told.gain or 0.0)
    if size <= (told.margin or 0.0):
        return replace(told, outcome="unchanged")
    if "other_seed" not in trial.runs:
        return replace(told, due="other_seed")
    return replace(told, outcome="improved" if _exceeds(told) else "worse")
