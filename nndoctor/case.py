"""All that is known of one patient: the only state of a consultation, and immutable.

Standard library only: the screen, the engine and the worker (which lives in the user's environment) all stand on it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

FactValue = bool | float | str | Mapping[str, float]
"""A flag, a finite number, a label, or one finite number per layer (or per parameter, class, channel)."""

Outcome = Literal["measured", "not_measurable", "crashed", "timed_out", "died", "cancelled"]
TargetKind = Literal["script", "module", "factory", "live"]
PictureKind = Literal["curve", "strip", "bars", "images"]
Rehearse = Literal["as_needed", "always", "never"]
"""Whether passes over loaders are ended early, so that validation and a second epoch come within the time."""
Arm = Literal["treated", "other_seed", "other_change"]
"""The runs of a trial: with the treatment; and its controls, with another seed and with a change chosen at random."""


UNSURE = "unknown"
"""The answer to a question that is always allowed: I don't know."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of somebody's source: `code` is its text, stripped; `function` is the enclosing function.

    In a notebook `cell` counts its code cells from 1, and `line` the lines of that cell; else it is 0.
    """

    file: str
    line: int
    code: str = ""
    function: str = ""
    cell: int = 0

    @property
    def spot(self) -> tuple[str, int, int]:
        """What tells two lines apart."""
        return self.file, self.cell, self.line


@dataclass(frozen=True, slots=True)
class Fact:
    """One measured value, the lines of the user's code where it shows, and the iteration that first showed it.

    Iterations count from 0, as in pictures of the loss; `step` is None of what has no moment.
    """

    value: FactValue
    where: tuple[Place, ...] = ()
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a picture; `y` is None where the value was not finite."""

    label: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A small image, row by row, with `channels` (1 or 3) bytes a dot; `pixels` is zlib's form of them, in base64."""

    width: int
    height: int
    channels: int
    pixels: str

    @classmethod
    def packed(cls, size: tuple[int, int, int], values: bytes) -> Image:
        """The image of that height, width and number of channels."""
        height, width, channels = size
        return cls(width, height, channels, base64.b64encode(zlib.compress(values, 9)).decode())

    def rows(self) -> list[list[bytes]]:
        """The dots of each row; none where the image is damaged, or larger than it says."""
        whole = self.width * self.height * self.channels
        try:
            values = zlib.decompressobj().decompress(base64.b64decode(self.pixels), whole + 1)
        except (ValueError, zlib.error):
            return []
        if len(values) != whole or self.channels not in (1, 3) or min(self.width, self.height) < 1:
            return []
        step = self.width * self.channels
        lines = (values[at : at + step] for at in range(0, whole, step))
        return [[row[at : at + self.channels] for at in range(0, step, self.channels)] for row in lines]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a probe saw, to be drawn: a curve over steps, a strip of values by layer, bars by name, or images.

    `names` label the x positions of strips and bars, or the images; `marks` are (x, word) pairs such as the first NaN.
    `note` is what stands below it.
    """

    kind: PictureKind
    title: Mapping[str, str]
    series: tuple[Series, ...]
    names: tuple[str, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    logarithmic: bool = False
    images: tuple[Image, ...] = ()
    note: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Watching:
    """How the script was watched: in full, rehearsed, or in full although too long, since nothing could be shortened.

    Of a rehearsal: how many passes over loaders were ended early, and the longest of them after how many `batches`
    of how many (None where the loader can't say).
    """

    how: Literal["full", "rehearsed", "unshortened"]
    passes: int = 0
    batches: int = 0
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one probe brought home; anything but `measured` carries no facts and says why.

    `withheld` names the facts that need whole epochs, and are not given of a rehearsal.
    """

    probe: str
    outcome: Outcome
    seconds: float = 0.0
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    pictures: tuple[Picture, ...] = ()
    why: str = ""
    withheld: tuple[str, ...] = ()
    watching: Watching | None = None


Change = Mapping[str, bool | float | str]
"""An intervention as rules write it: `intervention` is its name, the rest are its fields."""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """The script run once more under some changes, and what the free probes measured of it (without pictures).

    `changes` were made at run time, `edits` (of the rules named) in the source, in the scratch copy only. `loss` is
    the median of the last fifth of the steps, `error` its standard error; None where there is no curve to compare, or
    losses are not finite at its end. `loss_as_is` and `curve_as_is` are of the watched run, over the same steps;
    `loss_at_end` is of its end, where this run went only a `part` of the way (a control: less far than the treated
    one). `iterations` is where it was to end, 0 for its own end; `journal` is where it was recorded. `why` says why it
    brought nothing.
    """

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    edits: tuple[str, ...] = ()
    seconds: float = 0.0
    iterations: int = 0
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    loss: float | None = None
    error: float | None = None
    loss_as_is: float | None = None
    error_as_is: float | None = None
    loss_at_end: float | None = None
    part: bool = False
    curve: Series | None = None
    curve_as_is: Series | None = None
    journal: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A treatment of the cause that `rule` names, put to the test: its runs so far."""

    rule: str
    runs: Mapping[Arm, TrialRun] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Patient:
    """How to reach the user's training.

    `target` is a path (script, or notebook), a dotted module name (module), or `module:factory`; of a model in the
    caller's own process (live) it is the class. `seconds` is the budget of the whole examination, `python` the
    interpreter of the user's environment. `trials`: whether cures are tried.
    """

    target: str
    kind: TargetKind = "script"
    arguments: tuple[str, ...] = ()
    directory: str = "."
    python: str = ""
    seconds: float = 600.0
    rehearse: Rehearse = "as_needed"
    trials: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """Patient, complaints, answers and evidence. Every change gives a new Case."""

    patient: Patient
    symptoms: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    trials: Mapping[str, Trial] = field(default_factory=lambda: MappingProxyType({}))

    def complaining_of(self, *symptoms: str) -> Case:
        """The case with these symptoms as the user's complaint, in the order given."""
        return replace(self, symptoms=tuple(dict.fromkeys(symptoms)))

    def with_answer(self, question: str, answer: str) -> Case:
        """The case with one more answer; UNSURE is kept too, so that the question is not asked twice."""
        return replace(self, answers=MappingProxyType({**self.answers, question: answer}))

    def without_answer(self, question: str) -> Case:
        """The case as it was before that question was answered."""
        return replace(self, answers=MappingProxyType({k: v for k, v in self.answers.items() if k != question}))

    def with_evidence(self, evidence: Evidence) -> Case:
        """The case with one more probe done; a probe done again replaces its former evidence."""
        return replace(self, evidence=MappingProxyType({**self.evidence, evidence.probe: evidence}))

    def with_trial_run(self, rule: str, arm: Arm, run: TrialRun) -> Case:
        """The case with one more run of the trial of that rule's cure.

        A new treated one begins the trial anew; where it goes further than the former, the controls that went as far
        as that one are kept as parts.
        """
        runs: Mapping[Arm, TrialRun] = self.trials[rule].runs if rule in self.trials else {}
        if arm == "treated":
            kept = "treated" in runs and runs["treated"].part
            runs = {name: replace(one, part=True) for name, one in runs.items() if kept and not one.why}
        return self._with_trial(Trial(rule, MappingProxyType({**runs, arm: run})))

    def _with_trial(self, trial: Trial) -> Case:
        return replace(self, trials=MappingProxyType({**self.trials, trial.rule: trial}))

    def under_treatment(self, rule: str) -> Case:
        """The patient as that rule's treatment left them: its run is all the evidence."""
        return replace(self, evidence=self.trials[rule].runs["treated"].evidence, trials=MappingProxyType({}))

    def with_evidence_under(self, rule: str, evidence: Evidence) -> Case:
        """The case with one more probe done while that rule's treatment was on."""
        runs = self.trials[rule].runs
        known = MappingProxyType({**runs["treated"].evidence, evidence.probe: evidence})
        more: dict[Arm, TrialRun] = {**runs, "treated": replace(runs["treated"], evidence=known)}
        return self._with_trial(Trial(rule, MappingProxyType(more)))

    def with_environment(self, environment: Mapping[str, str]) -> Case:
        """The case with what is known of interpreter, torch and device."""
        return replace(self, environment=MappingProxyType({**self.environment, **environment}))

    @property
    def watching(self) -> Watching | None:
        """How the script was watched; None if it was not yet."""
        return next((e.watching for e in self.evidence.values() if e.watching is not None), None)

    def facts(self) -> dict[str, Fact]:
        """Every known fact by full name, `<probe>.<quantity>` or `answer.<question>`; UNSURE answers nothing."""
        return self.facts_with(self.evidence)

    def facts_with(self, evidence: Mapping[str, Evidence]) -> dict[str, Fact]:
        """The facts of that evidence beside the user's answers."""
        known = {
            f"{one.probe}.{name}": fact
            for one in evidence.values()
            if one.outcome == "measured"
            for name, fact in one.facts.items()
        }
        known |= {f"answer.{question}": Fact(said) for question, said in self.answers.items() if said != UNSURE}
        return known
