"""A small clinic for the screens: a rulebook, a sick training, and a lab that plays a recorded examination."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml
from textual.pilot import Pilot

from nndoctor.case import Evidence, Fact, FactValue, Patient, Picture, Place, Series, TrialRun
from nndoctor.rulebook.card import ProbeCard
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom
from nndoctor.tui.face import NndoctorApp
from nndoctor.tui.surroundings import Surroundings
from nndoctor.tui.widgets.choices import Rows
from nndoctor.tui.words import Language
from nndoctor.wire import (
    EvidenceArrived,
    News,
    Printed,
    Progressed,
    RunBegan,
    RunFinished,
    RunProbe,
    RunTrial,
    WorkerReady,
)

HERE = Path(__file__).parent
SCRIPT = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)


def train_step(x, y):
    logits = model(x)
    loss = criterion(torch.softmax(logits, dim=1), y)
    loss.backward()
    optimizer.step()
    return loss
"""
LAYERS = ("0.weight", "0.bias", "2.weight", "2.bias")


@cache
def rulebook() -> Rulebook:
    written = yaml.safe_load((HERE / "clinic.yaml").read_text(encoding="utf-8"))
    rules = [Rule.model_validate(rule) for rule in written["rules"]]
    symptoms = [Symptom.model_validate(symptom) for symptom in written["symptoms"]]
    probes = [ProbeCard.model_validate(probe) for probe in written["probes"]]
    return Rulebook(
        {rule.id: rule for rule in rules},
        {symptom.id: symptom for symptom in symptoms},
        {probe.id: probe for probe in probes},
    )


def losses(count: int, first: int = 0) -> tuple[tuple[int, float | None], ...]:
    """A loss that falls a little and stays: the same numbers in every run."""
    return tuple(
        (step, 2.05 + 0.25 * math.exp(-step / 30) + 0.03 * math.sin(step * 1.7)) for step in range(first, first + count)
    )


CURVE = Picture(
    "curve",
    {"en": "Loss of each step", "zh": "每一步的损失"},
    (Series("loss", tuple(float(x) for x, _ in losses(120)), tuple(y for _, y in losses(120))),),
)
STRIP = Picture(
    "strip",
    {"en": "Gradient norm by layer", "zh": "各层的梯度范数"},
    (Series("gradient", (0.0, 1.0, 2.0, 3.0), (3.1e-8, 2.2e-8, 4.0e-2, 1.7e-1)),),
    names=LAYERS,
    logarithmic=True,
)
BARS = Picture(
    "bars",
    {"en": "Share of each predicted class", "zh": "各预测类别的占比"},
    (
        Series(
            "share", tuple(float(x) for x in range(10)), (0.62, 0.05, 0.03, 0.11, 0.02, 0.02, 0.05, 0.04, 0.03, 0.03)
        ),
    ),
    names=tuple(f"class {number}" for number in range(10)),
)


def recorded(directory: Path) -> dict[str, Evidence]:
    """What the probes bring home."""
    line = Place(str(directory / "train.py"), 11, "loss = criterion(torch.softmax(logits, dim=1), y)", "train_step")

    def found(
        probe: str, facts: Mapping[str, FactValue], *pictures: Picture, where: tuple[Place, ...] = ()
    ) -> Evidence:
        return Evidence(probe, "measured", 0.2, {name: Fact(value, where) for name, value in facts.items()}, pictures)

    flow = dict(zip(LAYERS, (3.1e-8, 2.2e-8, 0.04, 1.0), strict=True))
    return {
        "loss_curve": found("loss_curve", {"turned_nonfinite": False}, CURVE),
        "loss_graph": found("loss_graph", {"softmax_before_log_softmax": True}, BARS, CURVE, where=(line,)),
        "gradient_flow": found("gradient_flow", {"ratio_by_layer": flow}, STRIP),
        "step_size": found("step_size", {"update_over_weight": 0.31, "zero_start": False}),
        "memory_growth": Evidence("memory_growth", "not_measurable", 0.1, why="the run was shorter than 50 steps"),
        "lr_trial": Evidence("lr_trial", "timed_out", 3.0, why="no time left of 600 s"),
    }


@dataclass
class RecordedLab:
    """Plays the watching at the first probe. `gate` holds it in the middle of the run until a test opens it."""

    patient: Patient
    listen: Callable[[News], None]
    evidence: dict[str, Evidence]
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    tried: list[RunTrial] = field(default_factory=list)
    cancelled: int = 0
    closed: int = 0

    async def warm(self) -> WorkerReady:
        ready = WorkerReady({"torch": "2.13.0", "python": "3.11"})
        self.listen(ready)
        return ready

    async def run(self, order: RunProbe, /) -> Evidence:
        probe = order.probe
        self.asked.append(probe)
        if len(self.asked) == 1:
            self.listen(RunBegan("watch", 1, 360.0))
            self.listen(Printed("stdout", "loading data ... 60000 images\n"))
            for epoch in range(4):
                first = epoch * 30
                self.listen(Progressed("watch", first + 30, 200, 12.4 + epoch, losses(30, first)))
                self.listen(Printed("stdout", f"epoch {epoch}  loss 2.{9 - epoch}1  accuracy 0.10\n"))
            self.listen(Printed("stderr", "\r 59%|█████▉    | 118/200\r 60%|██████    | 120/200"))
            await self.gate.wait()
            self.listen(RunFinished("watch", "stopped" if self.cancelled else "finished", 0, 20.6, "watch.jsonl"))
        evidence = self.evidence.get(probe) or Evidence(probe, "not_measurable", why="nothing was recorded")
        self.listen(EvidenceArrived(evidence))
        await asyncio.sleep(0)
        return evidence

    async def try_out(self, order: RunTrial, /) -> TrialRun:
        """The treated run learns, the controls go as the watched one did."""
        self.tried.append(order)
        treated = order.changes[0]["intervention"] == "logits_given"
        self.listen(RunBegan("LogitsGiven" if treated else "OtherSeed", 1, 200.0))
        self.listen(Progressed("", 120, 120, 4.0, losses(120)))
        await asyncio.sleep(0.05)
        self.listen(RunFinished("", "finished", 0, 4.0, ""))
        graph = Evidence("loss_graph", "measured", facts={"softmax_before_log_softmax": Fact(not treated)})
        curve = Series("", (0.0, 119.0), (2.3, 0.1 if treated else 2.05))
        return TrialRun(
            "measured",
            evidence={"loss_graph": graph},
            loss=0.1 if treated else 2.05,
            error=0.01,
            loss_as_is=2.05,
            error_as_is=0.01,
            curve=curve,
            curve_as_is=Series("", (0.0, 119.0), (2.3, 2.05)),
        )

    def cancel(self) -> None:
        self.cancelled += 1
        self.gate.set()

    async def close(self) -> None:
        self.closed += 1


@dataclass
class Clinic:
    """An app over a folder of its own, and the labs that it opened."""

    directory: Path
    labs: list[RecordedLab] = field(default_factory=list)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    open: bool = True

    @property
    def patient(self) -> Patient:
        return Patient(str(self.directory / "train.py"), directory=str(self.directory))

    @property
    def cases(self) -> Path:
        return self.directory / "state" / "cases"

    def make_lab(self, patient: Patient, scratch: Path, listen: Callable[[News], None]) -> RecordedLab:
        del scratch
        lab = RecordedLab(patient, listen, self.evidence or recorded(self.directory))
        if self.open:
            lab.gate.set()
        self.labs.append(lab)
        return lab

    def app(
        self,
        lang: Language = "en",
        *,
        target: bool = True,
        load: Callable[[], Rulebook] = rulebook,
        encoding: str = "utf-8",
        theme: str | None = None,
    ) -> NndoctorApp:
        (self.directory / "train.py").write_text(SCRIPT, encoding="utf-8")
        around = Surroundings(self.directory, lambda: self.cases, encoding, theme)
        return NndoctorApp(self.patient if target else None, load, self.make_lab, lang, around)


def grid(app: NndoctorApp) -> list[str]:
    """What stands on the screen, line by line."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def told(app: NndoctorApp) -> str:
    return "\n".join(grid(app))


async def until(pilot: Pilot[None], wanted: Callable[[], bool], what: str = "") -> None:
    """Waits for what must come; a screen that never shows it fails with what it shows instead."""
    for _ in range(200):
        await pilot.pause(0.05)
        if wanted():
            return
    app = pilot.app
    assert isinstance(app, NndoctorApp)
    raise AssertionError(f"never: {what}\n{told(app)}")


async def shows(pilot: Pilot[None], text: str) -> None:
    app = pilot.app
    assert isinstance(app, NndoctorApp)
    await until(pilot, lambda: text in told(app), text)


async def offered(pilot: Pilot[None]) -> None:
    """Until the complaints are there: they come with the rulebook."""
    await until(pilot, lambda: any(rows.option_count > 3 for rows in pilot.app.screen.query(Rows)), "complaints")


async def to_diagnosis(pilot: Pilot[None]) -> None:
    """From the complaint to the diagnosis of the recorded training, with both questions answered."""
    await offered(pilot)
    await pilot.press("3", "enter")
    await until(pilot, lambda: pilot.app.screen.id == "interview", "interview")
    await pilot.press("1")
    await pilot.pause()
    await pilot.press("1")
    await until(pilot, lambda: pilot.app.screen.id == "diagnosis", "diagnosis")
    await pilot.pause()
