"""What trained where it could not be watched?

A training is watched where losses go backward and optimizers step, in the main thread of the process that runs the
script. Some trainings do neither, or do it elsewhere. Gradients taken by torch.func or torch.autograd.grad come back
as values and what is done with them is anybody's guess; write that step with loss.backward() and an optimizer to have
it examined. Other threads and other processes are not entered: call the function that trains from the script itself,
with one process. Of a compiled model the outputs, losses, gradients and steps are watched, but not what happens
between its layers; run it once without torch.compile to have them examined. Nothing is concluded about what was not
watched.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Unwatched

CARD: Card = {
    "title": {"en": "Training out of sight", "zh": "未能观察到的训练"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "functional_gradients": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "gradients taken by torch.func, as values: no backward pass and no optimizer to watch",
            "zh": "由 torch.func 以返回值形式求得的梯度次数：没有可观察的反向传播和优化器"}},
        "gradients_as_values": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "gradients taken by torch.autograd.grad, as values: no backward pass to watch",
            "zh": "由 torch.autograd.grad 以返回值形式求得的梯度次数：没有可观察的反向传播"}},
        "steps_in_threads": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "optimizer steps in other threads, which are not watched",
            "zh": "在其他线程中进行的优化器更新次数（不在观察范围内）"}},
        "training_children": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "forked processes that train, which are not watched",
            "zh": "正在训练的 fork 子进程数（不在观察范围内）"}},
        "compiled": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "calls of torch.compile: layers and operations within compiled code are not watched one by one",
            "zh": "torch.compile 的调用次数：编译后的代码内部的层和操作不会逐个观察"}},
        "started_processes": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "Python processes that the script started, which are not watched and may train",
            "zh": "脚本启动的 Python 进程数（不在观察范围内，可能在其中训练）"}},
    },
}  # fmt: skip
ALWAYS = ("compiled", "functional", "thread")
KINDS = {
    "compiled": "compiled",
    "functional": "functional_gradients",
    "gradients": "gradients_as_values",
    "thread": "steps_in_threads",
    "process": "started_processes",
}


def run(bench: Bench) -> Facts:
    """The counts, each with the line of the first."""
    trace, facts = bench.trace, Facts()
    latest = {seen.kind: seen for seen in trace.unwatched}
    children = [seen for seen in trace.unwatched if seen.kind == "child"]
    if not _is_training(latest, backwards=len(trace.iterations)) and not children:
        raise CannotMeasure("nothing trained out of sight")
    for kind, name in KINDS.items():
        if kind in latest:
            facts.put(name, float(latest[kind].count), latest[kind].place)
    if children:
        facts.put("training_children", float(len(children)), children[0].place)
    return facts


def _is_training(latest: dict[str, Unwatched], backwards: int) -> bool:
    """Processes and gradients as values serve many ends (data, penalties) where losses go backward as well."""
    return bool(latest) and (not backwards or not latest.keys().isdisjoint(ALWAYS))
