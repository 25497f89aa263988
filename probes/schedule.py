"""What does the scheduler make of the learning rate, and how often is it stepped?

A schedule is written in epochs or in optimizer steps, and must be stepped in the same unit. Stepped at every batch, a
schedule meant for epochs has brought the rate to nothing long before the end; stepped once an epoch, one that was meant
for batches never leaves its warm-up. The rates are those of the steps of the main training.
"""

from nndoctor.pace import pace
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Course of the learning rate", "zh": "学习率的变化过程"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "steps_per_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "steps of the scheduler per step of the optimizer", "zh": "优化器每更新一次，调度器前进的次数"}},
        "collapsed_at": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of the run after which the rate stayed below a hundredth of its highest (1: never)",
            "zh": "学习率从何处起一直低于其最高值的百分之一（占整个训练的比例；1 表示从未）"}},
        "end_over_highest": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "learning rate at the end over the highest", "zh": "最终学习率与最高学习率之比"}},
        "fitting_interval": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "optimizer steps from one step of the scheduler to the next that would suit this run",
            "zh": "适合本次训练的调度间隔（优化器步数）"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """The main training's rates, and its optimizer's book."""
    found = pace(bench.trace)
    facts = Facts()
    if found is None:
        if not bench.trace.totals:
            raise CannotMeasure("no optimizer was seen")
        facts.put("steps_per_step", 0.0)
        return facts
    facts.put("steps_per_step", found.often, found.place)
    facts.put("collapsed_at", found.collapsed_at, found.place, step=found.since)
    facts.put("end_over_highest", found.end, found.place)
    facts.put("fitting_interval", found.interval)
    return facts
