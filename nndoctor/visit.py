"""One consultation: holds the case, asks the engine what comes next, has the lab do it, and keeps the time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from nndoctor.case import UNSURE, Case, Evidence, TrialRun
from nndoctor.edit.patch import Patch, patch_of
from nndoctor.edit.source import CannotEdit
from nndoctor.engine.diagnose import Diagnosis, diagnose
from nndoctor.engine.interview import Ask
from nndoctor.engine.plan import Run
from nndoctor.engine.standing import CHECK_UP
from nndoctor.engine.step import Conclude, Step, next_step, steps_ahead
from nndoctor.engine.treatment import Treat
from nndoctor.probe import Cost
from nndoctor.rulebook.pack import Rulebook
from nndoctor.wire import RunProbe, RunTrial, WorkerReady, built, plain

SCHEMA = 1
WATCHING_SHARE = 0.6
"""How much of the patient's seconds the watching of the script may take; the rest is for experiments."""

COST_SECONDS: Mapping[Cost, float] = MappingProxyType({"free": 30.0, "seconds": 60.0, "minutes": 300.0})
"""How long a probe may take by its cost."""

ARMS = 3
"""The runs of a trial: treated, and two controls."""

FREE_AT_LEAST = 10.0
"""A free probe only reads what was watched: it is run even when the time is used up."""


class Laboratory(Protocol):
    """What a visit wants of the lab."""

    async def warm(self) -> WorkerReady:
        """Starts what is needed; tells the environment, or the problem."""
        ...

    async def run(self, order: RunProbe, /) -> Evidence:
        """Runs one probe; every failure comes back as evidence."""
        ...

    async def try_out(self, order: RunTrial, /) -> TrialRun:
        """Makes one run of a trial; every failure comes back as one that brought nothing."""
        ...


class Visit:
    """One consultation of one patient. Only the methods here change the case, and each says so in its name."""

    def __init__(
        self, case: Case, rulebook: Rulebook, lab: Laboratory, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` counts seconds; only the lab's work is counted, never the user's thinking."""
        self.case = case
        self.rulebook = rulebook
        self.problem = ""
        """Why the patient could not be examined at all, if that is so."""
        self._lab = lab
        self._clock = clock
        self._spent = 0.0
        self._watched = False

    def step(self) -> Step:
        """What comes next."""
        return next_step(self.case, self.rulebook)

    def ahead(self) -> int:
        """About how many questions and probes are still to come."""
        return steps_ahead(self.case, self.rulebook)

    def diagnosis(self) -> Diagnosis:
        """The diagnosis as of now."""
        return diagnose(self.case, self.rulebook)

    def seconds_left(self) -> float:
        """What is left of the patient's time, never below zero."""
        return max(0.0, self.case.patient.seconds - self._spent)

    def complain(self, *symptoms: str) -> None:
        """Takes down what the user complains of. Raises ValueError for a symptom that no pack knows."""
        for symptom in symptoms:
            if symptom != CHECK_UP and symptom not in self.rulebook.symptoms:
                raise ValueError(f"there is no symptom {symptom!r}")
        self.case = self.case.complaining_of(*symptoms)

    def answer(self, question: str, option: str) -> None:
        """Takes down an answer. Raises ValueError for a question or an option that no pack knows."""
        asked = self.rulebook.question(question)
        if asked is None:
            raise ValueError(f"there is no question {question!r}")
        options = [known.id for known in asked.options]
        if option not in {UNSURE, *options}:
            raise ValueError(f"{option!r} is no answer to {question!r}: it is one of {', '.join(options)}, {UNSURE}")
        self.case = self.case.without_answer(question).with_answer(question, option)

    def take_back(self) -> str | None:
        """Forgets the last answer; gives the id of its question, or None if there is none."""
        last = next(reversed(dict(self.case.answers)), None)
        if last is not None:
            self.case = self.case.without_answer(last)
        return last

    async def perform(self, run: Run) -> Evidence:
        """Has the lab run a probe, and adds what it brings home to the case."""
        evidence = await self._evidence(run)
        if run.under:
            self.case = self.case.with_evidence_under(run.under, evidence)
        else:
            self.case = self.case.with_evidence(evidence)
        return evidence

    async def treat(self, treat: Treat) -> TrialRun:
        """Has the lab make one run of a trial, and adds it to the case."""
        run = replace(await self._trial_run(treat), changes=treat.changes, edits=treat.edits)
        self.case = self.case.with_trial_run(treat.rule, treat.arm, run)
        return run

    async def _trial_run(self, treat: Treat) -> TrialRun:
        await self._warm()
        seconds = self.seconds_left()
        if self.problem:
            return TrialRun("not_measurable", why=self.problem)
        if seconds <= 0:
            return TrialRun("timed_out", why=f"no time left of {self.case.patient.seconds:g} s")
        try:
            sources = self._edited(treat.edits)
        except CannotEdit as reason:
            return TrialRun("not_measurable", why=str(reason))
        former = {} if treat.arm == "treated" else self.case.trials[treat.rule].runs
        iterations = former["treated"].iterations if former else None
        probes = {probe: card.path for probe, card in self.rulebook.probes.items() if card.cost == "free"}
        runs = max(1, ARMS - len(former))  # a control that went a part of the way is made once more
        order = RunTrial(treat.changes, sources, probes, seconds, runs, iterations, treat.whole)
        began = self._clock()
        try:
            return await self._lab.try_out(order)
        finally:
            self._spent += self._clock() - began

    def _edited(self, rules: Sequence[str]) -> dict[str, str]:
        """The texts of the files in which those rules' edits are made. Raises CannotEdit where one can't be."""
        facts, made = self.case.facts(), dict[str, Patch]()
        for rule in rules:
            patch = patch_of(self.rulebook.rules[rule].remedy.planned, facts, made)
            made[patch.file] = patch
        return {file: patch.after for file, patch in made.items()}

    async def _warm(self) -> None:
        # importing torch was measured at 12 s on a cold machine: that is not the patient's time
        ready = None if self.problem else await self._lab.warm()
        if ready is not None:
            self.case = self.case.with_environment(ready.environment)
            self.problem = ready.problem

    async def _evidence(self, run: Run) -> Evidence:
        probe = run.probe_id
        await self._warm()
        if self.problem:
            return Evidence(probe, "not_measurable", why=self.problem)
        seconds = self.seconds_for(probe)
        if seconds <= 0:
            return Evidence(probe, "timed_out", why=f"no time left of {self.case.patient.seconds:g} s")
        order = RunProbe(probe, self.rulebook.probes[probe].path, seconds)
        if run.under:
            treated = self.case.trials[run.under].runs["treated"]
            order = replace(order, under=treated.changes, trace=treated.journal)
        began = self._clock()
        try:
            return await self._lab.run(order)
        finally:
            self._watched = True
            self._spent += self._clock() - began

    def seconds_for(self, probe: str) -> float:
        """How long that probe may take now; the first one carries the watching of the script."""
        if not self._watched:
            return min(WATCHING_SHARE * self.case.patient.seconds, self.seconds_left())
        cost = self.rulebook.probes[probe].cost
        left = max(self.seconds_left(), FREE_AT_LEAST) if cost == "free" else self.seconds_left()
        return min(COST_SECONDS[cost], left)

    async def examine(self, listen: Callable[[Step], None] | None = None) -> Diagnosis:
        """The whole visit without a user: every question is answered with "I don't know". `listen` hears each step."""
        while True:
            step = self.step()
            if listen is not None:
                listen(step)
            match step:
                case Ask():
                    self.answer(step.question.id, UNSURE)
                case Run():
                    await self.perform(step)
                case Treat():
                    await self.treat(step)
                case Conclude():
                    return step.diagnosis

    def save(self, path: Path) -> None:
        """Writes the case."""
        save(self.case, path)


def save(case: Case, path: Path) -> None:
    """Writes a case as JSON, whole or not at all; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(json.dumps({"schema": SCHEMA, "case": plain(case)}, allow_nan=False), encoding="utf-8")
    beside.replace(path)


def load(path: Path) -> Case:
    """Reads a case that was saved. Raises ValueError for what is none, OSError for what can't be read."""
    written = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(written, dict) or written.get("schema") != SCHEMA or "case" not in written:
        raise ValueError(f"{path} is no saved case of this version")
    case: Case = built(Case, written["case"])
    return case
