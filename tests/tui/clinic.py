"""A small clinic for the screens: a rulebook, a sick training, and a lab that plays a recorded examination."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nndoctor.case import Evidence, Fact, FactValue, Patient, Picture, Place, Series
from nndoctor.rulebook.card import ProbeCard
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom
from nndoctor.tui.face import NndoctorApp
from nndoctor.tui.surroundings import Surroundings
from nndoctor.tui.words import Language
from nndoctor.wire import EvidenceArrived, News, Printed, Progressed, RunBegan, RunFinished, WorkerReady

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


def _said(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


def _symptom(id_: str, order: int, title: tuple[str, str], words: tuple[str, str], **more: object) -> Symptom:
    given = {"id": id_, "order": order, "title": _said(*title), "words": _said(*words), **more}
    return Symptom.model_validate(given)


SYMPTOMS = (
    _symptom(
        "check-up",
        0,
        ("A check-up: nothing in particular", "体检：没有特别的症状"),
        ("It trains, I only want to know whether all is well.", "训练能跑，只想确认一切正常。"),
    ),
    _symptom(
        "loss-becomes-nan",
        1,
        ("The loss becomes NaN or infinite", "损失变成 NaN 或无穷大"),
        ("It trains for a while, then the loss shows nan.", "训练一段时间后，损失显示为 nan。"),
        recognised_when={"fact": "loss_curve.turned_nonfinite", "is": True},
    ),
    _symptom(
        "accuracy-stuck-at-chance",
        2,
        ("The accuracy stays at chance", "准确率停留在随机水平"),
        ("Ten classes and 10 % accuracy, however long I train.", "十个类别，准确率一直是 10%，训练多久都一样。"),
        questions=[
            {
                "id": "ever_worked",
                "ask": _said("Has this training ever worked?", "这个训练以前成功过吗？"),
                "options": [
                    {"id": "never", "says": _said("No, it is new", "没有，是新写的")},
                    {"id": "once", "says": _said("Yes, before I changed something", "成功过，后来改了东西")},
                ],
                "probe": "loss_graph",
            },
            {
                "id": "labels_checked",
                "ask": _said("Did you look at samples with their labels?", "您查看过样本和对应的标签吗？"),
                "options": [
                    {"id": "yes", "says": _said("Yes, they fit", "看过，是对应的")},
                    {"id": "no", "says": _said("No", "没有")},
                ],
            },
        ],
    ),
    _symptom("learns-too-slowly", 3, ("It learns, but too slowly", "在学习，但太慢"), ("The loss hardly moves.", "损失几乎不动。")),
    _symptom("overfits", 4, ("Good on training data, bad on new data", "训练集好，新数据差"), ("It overfits.", "过拟合。")),
    _symptom("gpu-mostly-idle", 5, ("The GPU is mostly idle", "GPU 大部分时间空闲"), ("nvidia-smi shows 8 %.", "nvidia-smi 显示 8%。")),
)


def _rule(id_: str, title: tuple[str, str], leads_to: list[str], when: Mapping[str, object], **more: object) -> Rule:
    given: dict[str, object] = {
        "id": id_,
        "title": _said(*title),
        "severity": "serious",
        "likelihood": "common",
        "leads_to": leads_to,
        "when": when,
        "why": _said("It hurts.", "有害。"),
        "remedy": {"do": _said("Mend it.", "改正它。")},
    }
    return Rule.model_validate(given | more)


RULES = (
    _rule(
        "loss/softmax-before-cross-entropy",
        ("Softmax in front of a cross-entropy that applies it again", "交叉熵之前多做了一次 softmax"),
        ["accuracy-stuck-at-chance", "gradient/vanishing"],
        {"fact": "loss_graph.softmax_before_log_softmax", "is": True},
        why=_said(
            "`nn.CrossEntropyLoss` takes logits: it applies `log_softmax` itself. A softmax in front of it squeezes all "
            "logits into the range 0 to 1, so the largest probability that ten classes can reach is 0.23 and the gradient "
            "is never large enough to separate them.",
            "`nn.CrossEntropyLoss` 接收的是 logits，它自己会做 `log_softmax`。前面再做一次 softmax 会把所有 logits 压到 0 到 1 之间，"
            "十个类别的最大概率只能到 0.23，梯度始终不足以把各类分开。",
        ),
        remedy={
            "do": _said("Give the logits to the loss, and keep softmax for prediction.", "把 logits 直接交给损失函数，softmax 只在预测时使用。"),
            "before": "logits = model(x)\nloss = criterion(torch.softmax(logits, dim=1), y)\n",
            "after": "logits = model(x)\nloss = criterion(logits, y)\n",
            "keras": "loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        },
        harmless=_said(
            "A loss of your own that takes probabilities, such as the focal loss of some papers, needs the softmax.",
            "如果是您自己写的、接收概率的损失（例如某些论文中的 focal loss），则需要 softmax。",
        ),
        sources=["https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html"],
    ),
    _rule(
        "gradient/vanishing",
        ("Gradients vanish towards the input", "梯度向输入方向消失"),
        ["learns-too-slowly"],
        {"fact": "gradient_flow.ratio_by_layer", "some": {"below": 1e-6}},
        severity="costly",
        likelihood="occasional",
    ),
    _rule(
        "optimization/learning-rate-too-high",
        ("Learning rate too high", "学习率过大"),
        ["accuracy-stuck-at-chance"],
        {"all": [{"fact": "step_size.update_over_weight", "above": 0.1}, {"fact": "lr_trial.smaller_is_better", "is": True}]},
    ),
    _rule("data/labels-shuffled", ("Labels do not belong to their samples", "标签与样本不对应"), ["accuracy-stuck-at-chance"], {"fact": "answer.labels_checked", "is": "no"}, severity="fatal", likelihood="rare"),
    _rule("init/all-zero", ("All weights start at zero", "权重全部初始化为零"), ["accuracy-stuck-at-chance"], {"all": [{"fact": "step_size.zero_start", "is": True}, {"fact": "answer.ever_worked", "is": "never"}]}),
    _rule("loss/log-of-zero", ("Logarithm of zero in the loss", "损失中对零取对数"), ["loss-becomes-nan"], {"fact": "loss_curve.turned_nonfinite", "is": True}, severity="fatal"),
    _rule("memory/graph-kept-alive", ("The graph of every step is kept alive", "每一步的计算图都未释放"), ["gpu-mostly-idle"], {"fact": "memory_growth.share", "above": 0.1}),
)  # fmt: skip


def _card(id_: str, title: tuple[str, str], facts: Mapping[str, tuple[str, str, str]], cost: str = "free") -> ProbeCard:
    told = {name: {"kind": kind, "says": _said(en, zh)} for name, (kind, en, zh) in facts.items()}
    return ProbeCard.model_validate({"id": id_, "path": f"{id_}.py", "title": _said(*title), "cost": cost, "facts": told})


PROBES = (
    _card("loss_curve", ("The loss over the steps", "损失随步数的变化"), {"turned_nonfinite": ("flag", "The loss stops being finite", "损失变为非有限值")}),
    _card("loss_graph", ("The graph behind the loss", "损失背后的计算图"), {"softmax_before_log_softmax": ("flag", "A softmax stands in front of the log-softmax of the loss", "损失的 log-softmax 之前还有一个 softmax")}),
    _card("gradient_flow", ("Gradients by layer", "各层的梯度"), {"ratio_by_layer": ("by_layer", "Gradient norm of each layer over that of the last", "各层梯度范数与最后一层之比")}),
    _card("step_size", ("Size of the steps", "步长大小"), {"update_over_weight": ("number", "Size of an update over that of the weights", "更新量与权重之比"), "zero_start": ("flag", "All weights are zero at the start", "权重初始全为零")}),
    _card("memory_growth", ("Memory over the steps", "内存随步数的变化"), {"share": ("number", "Growth of memory a step", "每步内存增长")}),
    _card("lr_trial", ("A smaller learning rate", "更小的学习率"), {"smaller_is_better": ("flag", "A tenth of the learning rate learns better", "学习率降到十分之一效果更好")}, "minutes"),
)  # fmt: skip


def rulebook() -> Rulebook:
    return Rulebook(
        {rule.id: rule for rule in RULES},
        {symptom.id: symptom for symptom in SYMPTOMS},
        {probe.id: probe for probe in PROBES},
    )


def losses(count: int, first: int = 0) -> tuple[tuple[int, float | None], ...]:
    """A loss that falls a little and stays: the same numbers in every run."""
    return tuple((step, 2.05 + 0.25 * math.exp(-step / 30) + 0.03 * math.sin(step * 1.7)) for step in range(first, first + count))


CURVE = Picture(
    "curve",
    _said("Loss of each step", "每一步的损失"),
    (Series("loss", tuple(float(x) for x, _ in losses(120)), tuple(y for _, y in losses(120))),),
)
STRIP = Picture(
    "strip",
    _said("Gradient norm by layer", "各层的梯度范数"),
    (Series("gradient", (0.0, 1.0, 2.0, 3.0), (3.1e-8, 2.2e-8, 4.0e-2, 1.7e-1)),),
    names=LAYERS,
    logarithmic=True,
)
BARS = Picture(
    "bars",
    _said("Share of each predicted class", "各预测类别的占比"),
    (Series("share", tuple(float(x) for x in range(10)), (0.62, 0.05, 0.03, 0.11, 0.02, 0.02, 0.05, 0.04, 0.03, 0.03)),),
    names=tuple(f"class {number}" for number in range(10)),
)


def recorded(directory: Path) -> dict[str, Evidence]:
    """What the probes bring home."""
    line = Place(str(directory / "train.py"), 11, "loss = criterion(torch.softmax(logits, dim=1), y)", "train_step")

    def found(probe: str, facts: Mapping[str, FactValue], *pictures: Picture, where: tuple[Place, ...] = ()) -> Evidence:
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
    cancelled: int = 0
    closed: int = 0

    async def warm(self) -> WorkerReady:
        ready = WorkerReady({"torch": "2.13.0", "python": "3.11"})
        self.listen(ready)
        return ready

    async def run(self, probe: str, path: Path, seconds: float, /) -> Evidence:
        del path, seconds
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
