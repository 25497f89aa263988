"""Does the same script learn, if whatever it shuffles is put in the same order?

Inputs and labels that were shuffled apart say nothing of each other: the loss falls only as the network learns the
training data by heart. The script is run once more with one order for all things of a length, so that what was
shuffled twice is paired again; and if that changes nothing, with nothing shuffled but by loaders, so that what was
shuffled alone is. Measured is the loss where that of the script as it is has not yet fallen below a blind answer's.
"""

from __future__ import annotations

from nndoctor.comparison import affordable, compare, picture, watched_curve
from nndoctor.curve import Curve, blind_loss, blocks, loss_calls
from nndoctor.data_changes import OneOrderForAll
from nndoctor.evaluations import evaluations
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: one order for inputs and labels", "zh": "实验：输入与标签使用同一顺序"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "loss_over_blind": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss with one order for all, over that of a blind answer, where it is not lower as the script is",
            "zh": "统一顺序后的损失与“不看输入的回答”的损失之比（取原脚本尚未低于后者的阶段）"}},
        "kept": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the order that helped is that before any shuffling", "zh": "起作用的是打乱之前的原始顺序"}},
    },
}  # fmt: skip
BLIND = 0.93
"""A stretch at this share of the blind answer's loss, or above, has learnt nothing that matters."""
HELPED = 0.8
BLOCKS = 12


def run(bench: Bench) -> Facts:
    """One rerun, or two; what did not help tells nothing, for labels may be apart from their inputs in other ways."""
    curve, trace = watched_curve(bench.trace), bench.trace
    blind = blind_loss(loss_calls(trace, curve))
    if not blind:
        raise CannotMeasure("what goes backward is not one loss of torch's whose blind answer is known")
    limit, facts = affordable(bench, curve, 2), Facts()
    # data in the order of their labels look learnt where nothing is mixed: then held-out data must bear it out
    for kept in (False, True) if evaluations(trace) else (False,):
        try:
            found = compare(bench, curve, OneOrderForAll(kept=kept), limit)
        except CannotMeasure:
            continue
        reached = _reached(*found.curves, blind)
        if reached is not None and reached < HELPED:
            facts.put("loss_over_blind", reached, curve.place)
            facts.put("kept", kept)
            title = {"en": "Loss with inputs and labels in one order", "zh": "输入与标签使用同一顺序时的损失"}
            facts.pictures.append(picture(title, {"as it is": found.curves[0], "one order": found.curves[1]}))
            return facts
    raise CannotMeasure("no order that the script draws keeps inputs and labels apart")


def _reached(own: Curve, treated: Curve, blind: float) -> float | None:
    """The lowest that the treated loss lay while the script's own was still blind."""
    pairs = zip(blocks(own.losses, BLOCKS), blocks(treated.losses, BLOCKS), strict=False)
    return min((after / blind for before, after in pairs if before >= BLIND * blind), default=None)
