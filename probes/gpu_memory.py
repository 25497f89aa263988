"""How full is the GPU's memory, and of what?

torch's allocator counts what its tensors take now and took at most, what it holds in reserve, what of that lies in
pieces between tensors that are alive, and how often it had to give all the rest back before it could serve a request.
The driver lists what other processes have. It is asked when the script crashes, or else at its end.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Memory of the GPU", "zh": "显存"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "allocated_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of this process's tensors", "zh": "本进程张量占用的显存比例"}},
        "peak_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the most that they ever took", "zh": "本进程张量占用显存的峰值比例"}},
        "reserved_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory that torch holds", "zh": "PyTorch 保留的显存比例"}},
        "fragments_of_reserved": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of it in unused pieces between tensors that are alive",
            "zh": "其中夹在存活张量之间的空闲碎片占比"}},
        "retries": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "requests for which torch first had to give back all that was unused",
            "zh": "须先释放全部空闲显存才能满足的申请次数"}},
        "failures": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "requests that failed for want of memory", "zh": "因显存不足而失败的申请次数"}},
        "others_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of other processes, as the driver lists them", "zh": "驱动列出的其他进程占用的显存比例"}},
        "at_start_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of this process's tensors before it was watched",
            "zh": "开始观察之前本进程张量已占用的显存比例"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Puts the allocator's counts into shares of the whole."""
    gpu = bench.trace.burden.gpu if bench.trace.burden is not None else None
    if gpu is None or not gpu.total:
        raise CannotMeasure("no GPU was used")
    facts = Facts()
    facts.put("allocated_share", gpu.allocated / gpu.total)
    facts.put("peak_share", gpu.peak / gpu.total)
    facts.put("reserved_share", gpu.reserved / gpu.total)
    facts.put("fragments_of_reserved", gpu.fragments / gpu.reserved if gpu.reserved else 0.0)
    facts.put("retries", float(gpu.retries))
    facts.put("failures", float(gpu.failures))
    facts.put("at_start_share", gpu.at_start / gpu.total)
    if gpu.others is not None:
        facts.put("others_share", gpu.others / gpu.total)
    return facts
