"""A case examined by hand, with its rulebook: what reports and commands are tested on. Its names are hostile."""

from __future__ import annotations

from nndoctor.case import Case, Evidence, Fact, Image, Patient, Picture, Place, Series
from nndoctor.engine.diagnose import Diagnosis, diagnose
from nndoctor.report.document import Document, document
from nndoctor.report.words import Language
from nndoctor.rulebook.card import ProbeCard
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e|`[/b]{{7*7}}"
LAYERS = {"a</style>": 1e-9, "b[0]|`x`": 2e-9, "c\u202e\x1b[2J": 0.5}


def rulebook() -> Rulebook:
    rules = [
        {
            "id": "loss/softmax-before-cross-entropy",
            "title": {"en": "Softmax before cross-entropy", "zh": "交叉熵之前多做了一次 softmax"},
            "severity": "serious",
            "likelihood": "common",
            "leads_to": ["learns-too-slowly", "gradients/vanishing"],
            "when": {"fact": "loss_graph.softmax", "is": True},
            "why": {"en": "`CrossEntropyLoss` takes logits.\nTwice is too often.", "zh": "它接收的是 logits。"},
            "remedy": {
                "do": {"en": "Return the logits.", "zh": "返回 logits。"},
                "before": "def forward(x):\n    return softmax(net(x))\n",
                "after": "def forward(x):\n    return net(x)\n",
                "keras": "loss = Loss(from_logits=True)",
            },
            "harmless": {"en": "A loss that takes probabilities needs it.", "zh": "接收概率的损失需要它。"},
            "sources": [
                "https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
                "javascript:alert(1)",
            ],
        },
        {
            "id": "gradients/vanishing",
            "title": {"en": "Gradients vanish", "zh": "梯度消失"},
            "severity": "costly",
            "likelihood": "rare",
            "leads_to": ["learns-too-slowly"],
            "when": {"fact": "gradients.ratio_by_layer", "some": {"below": 1e-6}},
            "why": {"en": "Nothing reaches the input.", "zh": "输入端得不到梯度。"},
            "remedy": {"do": {"en": "Mend it.", "zh": "改正。"}},
        },
        {
            "id": "memory/leak",
            "title": {"en": "Memory grows", "zh": "内存增长"},
            "severity": "costly",
            "likelihood": "rare",
            "leads_to": ["learns-too-slowly"],
            "when": {"fact": "memory.growth", "above": 0.1},
            "why": {"en": "It ends.", "zh": "会耗尽。"},
            "remedy": {"do": {"en": "Detach.", "zh": "分离。"}},
        },
        {
            "id": "data/unseen",
            "title": {"en": "Nobody looked", "zh": "无人查看"},
            "severity": "untidy",
            "likelihood": "rare",
            "leads_to": ["learns-too-slowly"],
            "when": {"fact": "answer.looked", "is": "no"},
            "why": {"en": "Look.", "zh": "看看。"},
            "remedy": {"do": {"en": "Look.", "zh": "看。"}},
        },
    ]
    facts = {
        "loss_graph": {"softmax": {"kind": "flag", "says": {"en": "Softmax before the loss", "zh": "损失前有它"}}},
        "gradients": {"ratio_by_layer": {"kind": "by_layer", "says": {"en": "Gradient by layer", "zh": "各层梯度"}}},
        "memory": {"growth": {"kind": "number", "says": {"en": "Growth", "zh": "增长"}, "unit": "bytes"}},
    }  # fmt: skip
    symptom = {
        "id": "learns-too-slowly",
        "title": {"en": "It learns too slowly", "zh": "学得太慢"},
        "words": {"en": "The loss hardly moves", "zh": "损失几乎不动"},
        "order": 1,
        "recognised_when": {"fact": "loss_graph.softmax", "is": True},
        "questions": [
            {
                "id": "looked",
                "ask": {"en": "Did you look?", "zh": "看过吗？"},
                "options": [
                    {"id": "yes", "says": {"en": "Yes", "zh": "看过"}},
                    {"id": "no", "says": {"en": "No", "zh": "没有"}},
                ],
            }
        ],
    }
    cards = [
        ProbeCard.model_validate(
            {
                "id": id_,
                "path": f"{id_}.py",
                "title": {"en": f"Probe {id_}", "zh": "探查"},
                "cost": "free",
                "facts": known,
            }
        )
        for id_, known in facts.items()
    ]
    written = [Rule.model_validate(rule) for rule in rules]
    return Rulebook(
        {rule.id: rule for rule in written},
        {"learns-too-slowly": Symptom.model_validate(symptom)},
        {card.id: card for card in cards},
    )


CURVE = Picture(
    "curve",
    {"en": "Loss", "zh": "损失"},
    (
        Series("sick", (0.0, 1.0, 2.0, 3.0), (2.3, 2.2, None, None)),
        Series("treated", (0.0, 1.0, 2.0, 3.0), (2.3, 1.0, 0.3, 0.1)),
    ),
    marks=((2.0, "first NaN"),),
    logarithmic=True,
)
STRIP = Picture(
    "strip",
    {"en": "Gradients <b>", "zh": "梯度"},
    (Series("first $x$", (0.0, 1.0, 2.0), tuple(LAYERS.values())), Series("last", (0.0, 1.0, 2.0), (None, 0.0, 1.0))),
    names=tuple(LAYERS),
    logarithmic=True,
)
BARS = Picture(
    "bars", {"en": "Classes", "zh": "类别"}, (Series("share", (0.0, 1.0), (0.9, None)),), names=("猫", HOSTILE)
)
IMAGES = Picture(
    "images",
    {"en": "The first images", "zh": "前几张图像"},
    (),
    ("7", HOSTILE),
    images=(
        Image.packed((8, 8, 1), bytes(range(0, 256, 4))),
        Image.packed((30, 9, 3), bytes(range(135)) * 6),
        Image(9, 9, 1, HOSTILE),
    ),
    note={"en": HOSTILE, "zh": "说明"},
)


def case() -> Case:
    place = Place("/home/me/project/train.py", 42, f"return softmax(self.out(x))  # {HOSTILE}", "forward")
    sick = Case(Patient("train.py", "script", ("--name", HOSTILE), "/home/me/project")).complaining_of(
        "learns-too-slowly"
    )
    sick = sick.with_environment({"torch": "2.13.0", "device": HOSTILE}).with_answer("looked", "unknown")
    sick = sick.with_evidence(Evidence("loss_graph", "measured", 0.25, {"softmax": Fact(True, (place,))}, (CURVE,)))
    sick = sick.with_evidence(
        Evidence("gradients", "measured", 0.5, {"ratio_by_layer": Fact(LAYERS)}, (STRIP, BARS, IMAGES))
    )
    return sick.with_evidence(Evidence("memory", "crashed", 1.5, why=f"ValueError: {HOSTILE}\n  at line 3"))


def diagnosis() -> Diagnosis:
    return diagnose(case(), rulebook())


def told(lang: Language = "en", made: str = "2031-05-06T07:08:09+00:00") -> Document:
    return document(case(), diagnosis(), rulebook(), lang, made)
