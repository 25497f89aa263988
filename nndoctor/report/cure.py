"""The trial of a cure in words: what was changed, what became of the loss and of the symptoms, beside the controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isinf

from nndoctor.case import Arm, Case, Picture, Series, Trial, TrialRun
from nndoctor.comparison import framed
from nndoctor.engine.diagnose import Finding
from nndoctor.engine.trial import TrialVerdict
from nndoctor.report import code, treatments
from nndoctor.report.sections import ArmTold, Cure
from nndoctor.report.words import Language, phrase, separator
from nndoctor.rulebook.pack import Rulebook

ARMS: tuple[Arm, ...] = ("treated", "other_seed", "other_change")


def told(finding: Finding, case: Case, rulebook: Rulebook, lang: Language) -> Cure | None:
    """The trial of that finding's cure; None where none was begun."""
    trial, verdict = case.trials.get(finding.rule), finding.trial
    if trial is None or verdict is None:
        return None
    teller = _Teller(case, trial, verdict, rulebook, lang)
    return Cure(verdict.outcome, teller.headline(), teller.note(), tuple(teller.arms()), teller.picture())


class _Teller:
    def __init__(self, case: Case, trial: Trial, verdict: TrialVerdict, rulebook: Rulebook, lang: Language) -> None:
        self.case, self.trial, self.verdict, self.rulebook, self.lang = case, trial, verdict, rulebook, lang
        self.runs = [(arm, trial.runs[arm]) for arm in ARMS if arm in trial.runs]

    def headline(self) -> str:
        run = self.trial.runs.get("treated")
        outcome = phrase(f"trial.{self.verdict.outcome}", self.lang)
        return phrase("trial.headline", self.lang, outcome=outcome, change=self.change(run) if run is not None else "")

    def note(self) -> str:
        """What kept it from a clear verdict, or the numbers behind it."""
        verdict = self.verdict
        why = next((run.why for _, run in self.runs if run.why), "")
        said = [phrase(f"trial.{verdict.reason}", self.lang, why=code.line(why))] if verdict.reason else []
        if verdict.gain is not None and verdict.margin is not None and not isinf(verdict.gain):
            way = "lower" if verdict.gain >= 0 else "higher"
            gain, margin = f"{abs(verdict.gain):.3g}", f"{verdict.margin:.2g}"
            said.append(phrase(f"trial.{way}", self.lang, gain=gain, margin=margin))
        short = next((run for _, run in self.runs if run.part and not run.why), None)
        if short is not None and verdict.due is None:
            of = "trial.part" if short is self.trial.runs["treated"] else "trial.part_of_controls"
            said.append(phrase(of, self.lang, iterations=str(short.iterations)))
        return separator(self.lang).join(said)

    def arms(self) -> Iterator[ArmTold]:
        run = self.trial.runs.get("treated")
        if run is None:
            return
        loss = self.loss(run.loss_as_is, run.curve_as_is)
        yield ArmTold(phrase("trial.as_is", self.lang), "", loss, self.titles(self.verdict.complaints))
        for arm, one in self.runs:
            if arm in self.verdict.left:
                name, loss = phrase(f"trial.{arm}", self.lang), self.loss(one.loss, one.curve)
                yield ArmTold(name, self.change(one), loss, self.titles(self.verdict.left[arm]))

    def loss(self, value: float | None, curve: Series | None) -> str:
        if value is not None:
            return f"{value:.4g}"
        return "-" if curve is None else phrase("non_finite", self.lang)

    def titles(self, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [self.rulebook.rules.get(name) or self.rulebook.symptoms.get(name) for name in names]
        return tuple(code.line(one.title.in_language(self.lang)) for one in known if one is not None)

    def change(self, run: TrialRun) -> str:
        return treatments.all_said(run.changes, run.edits, self.lang)

    def picture(self) -> Picture | None:
        treated = self.trial.runs.get("treated")
        if treated is None or treated.curve is None or treated.curve_as_is is None:
            return None
        lines: list[Series] = [replace(treated.curve_as_is, label=phrase("trial.as_is", self.lang))]
        for arm, run in self.runs:
            if run.curve is not None:
                lines.append(replace(run.curve, label=phrase(f"trial.{arm}", self.lang)))
        return framed({self.lang: phrase("trial.picture", self.lang)}, tuple(lines))
