"""How many processes load the data?

With `num_workers` a DataLoader starts that many for each pass, each with a copy of the dataset as it is then.
"""

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Worker processes of the loaders", "zh": "数据加载器的工作进程"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "most": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "worker processes of the loader that has most", "zh": "工作进程最多的加载器的进程数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Of all loaders."""
    loaders = bench.trace.loaders.values()
    if not loaders:
        raise CannotMeasure("no DataLoader was seen")
    most = max(loaders, key=lambda loader: loader.workers)
    facts = Facts()
    facts.put("most", float(most.workers), most.place)
    return facts
