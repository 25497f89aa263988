"""Do the worker processes of a loader draw the same random numbers?

Each worker begins with a copy of the dataset. torch seeds what is global anew in each of them: its own generator, that
of `random`, and numpy's; a generator that the dataset keeps, or that the script made for itself, is copied as it
stands. The script is started once more, and when it starts its workers two of them are played beforehand: each is asked
for one sample twice. Alike are two that answer the same both times, though the two times differ.
"""

from nndoctor.data_changes import WorkersReseeded
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: the same sample from two workers", "zh": "实验：向两个工作进程索取同一样本"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "alike": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "two workers draw the same random numbers one after the other",
            "zh": "两个工作进程依次抽取到完全相同的随机数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun, to its first backward pass."""
    loaders = [loader for loader in bench.trace.loaders.values() if loader.workers > 1]
    if not loaders:
        raise CannotMeasure("no loader has several workers")
    steered = bench.rerun(WorkersReseeded(), iterations=1).steered
    if steered is None:
        raise CannotMeasure("the script did not come to an orderly end")
    facts = Facts()
    facts.put("alike", steered.applied > 0, *(loader.place for loader in loaders))
    return facts
