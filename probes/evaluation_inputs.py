"""Is the network evaluated on inputs that were prepared like those it is trained on?

The mean and the spread of each channel or feature are compared. Samples of one kind, prepared alike, differ by chance
only: a few hundredths of the spread. A missing or another normalisation moves all channels at once, colours read in
another order (BGR for RGB) exchange the means of the first and the last.
"""

from __future__ import annotations

from nndoctor.alignment import difference
from nndoctor.evaluations import main_series, training_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Inputs of evaluations against those of training", "zh": "评估输入与训练输入的对比"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "shift": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how far the means of the channels are from those of training, in spreads of training",
            "zh": "各通道均值与训练时的差距（以训练时的标准差计）"}},
        "spread_ratio": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how many times larger or smaller their spreads are than in training",
            "zh": "各通道标准差与训练时相差的倍数"}},
        "colours_reversed": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the means of the three colours fit those of training in the reverse order only",
            "zh": "三个颜色通道的均值只有倒序后才与训练时相符"}},
        "colours_doubtful": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "images of three colours that look like those of training, and yet are judged much worse",
            "zh": "三通道图像的统计量与训练时相近，评估结果却差得多"}},
    },
}  # fmt: skip
MUCH_WORSE = 1.5
"""So much higher a loss wants an explanation; whether the colours are it, the experiment tells."""


def run(bench: Bench) -> Facts:
    """The main evaluations against the training batches that were described."""
    found = difference(bench.trace)
    if found is None:
        raise CannotMeasure("no evaluation on measurements of a kind that was trained on was seen")
    facts = Facts()
    facts.put("shift", found.shift, found.place)
    facts.put("spread_ratio", found.ratio, found.place)
    facts.put("colours_reversed", found.reversed, found.place)
    facts.put("colours_doubtful", found.by() == "channels" and _is_worse(bench.trace), found.place)
    return facts


def _is_worse(trace: Trace) -> bool:
    looks = [look for look in main_series(trace) if look.mean("loss") is not None]
    trained = training_loss(trace, looks[-1].iteration) if looks else None
    return trained is not None and (looks[-1].mean("loss") or 0.0) > MUCH_WORSE * trained
