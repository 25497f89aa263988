"""Which device does torch compute on, and does the machine have a GPU that torch does not see?

The driver's own list of GPUs (/proc/driver/nvidia/gpus) is held against torch.cuda. One that CUDA_VISIBLE_DEVICES
hides with an empty value or -1 is hidden on purpose.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Devices", "zh": "计算设备"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "cuda_build": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the installed torch is built for CUDA", "zh": "安装的 PyTorch 支持 CUDA"}},
        "torch_sees_gpu": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "torch sees a GPU", "zh": "PyTorch 能看到 GPU"}},
        "hidden_gpus": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "GPUs that the driver has and torch does not see, though nothing hides them on purpose",
            "zh": "驱动能看到、PyTorch 却看不到的 GPU 数（有意隐藏的不算）"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Compares what the environment said at the start of the run."""
    started = bench.trace.started
    if started is None:
        raise CannotMeasure("nothing is known of the environment")
    known, facts = started.environment, Facts()
    sees = known.get("device", "cpu") != "cpu"
    facts.put("cuda_build", bool(known.get("cuda")))
    facts.put("torch_sees_gpu", sees)
    if "gpus" in known:
        hidden = known.get("visible", "all") in ("", "-1", "none", "NoDevFiles")
        facts.put("hidden_gpus", 0 if sees or hidden else int(known["gpus"]))
    return facts
