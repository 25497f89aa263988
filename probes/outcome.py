"""How did the run end, and if by an exception, which kind of mistake does its message betray?

torch's messages are matched by their fixed parts; sizes are read out of them. The phase is where torch raised it: the
model's forward, the loss, backward, the optimizer's step or the loading of data.
"""

from __future__ import annotations

import re

from nndoctor.layouts import channels_last
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Crash

CARD: Card = {
    "title": {"en": "How the run ended", "zh": "运行如何结束"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "ended": {"kind": "label", "unit": "", "says": {"en": "how the run ended", "zh": "运行的结束方式"},
            "labels": ("finished", "exception", "exit", "signal", "hung", "stopped")},
        "crash": {"kind": "label", "unit": "", "says": {"en": "kind of the error", "zh": "错误类型"}, "labels": (
            "none", "other", "dimensions", "axis_order", "target_shape", "target_dtype", "label_range", "index_range",
            "dtype", "device", "cuda_missing", "no_gradient", "second_backward", "in_place", "not_scalar",
            "numpy_of_graph", "one_sample_norm", "cuda_memory", "host_memory", "cuda_assert", "cuda", "checkpoint",
            "no_parameters", "collate", "probability_range", "nan", "class_weights", "scaler")},
        "phase": {"kind": "label", "unit": "", "says": {"en": "where it was raised", "zh": "出错的阶段"},
            "labels": ("none", "forward", "loss", "backward", "step", "data", "other")},
        "message": {"kind": "label", "unit": "", "labels": (), "says": {"en": "the message", "zh": "错误信息"}},
        "module": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "layer in which it was raised", "zh": "出错的层"}},
        "expected_size": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "size that the layer expects", "zh": "该层期望的大小"}},
        "given_size": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "size that it was given", "zh": "实际得到的大小"}},
        "iteration": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes before the error", "zh": "出错前完成的反向传播次数"}},
    },
}  # fmt: skip
# torch's own words (2.4 to 2.13; older ones after |), the more telling first
SIGNATURES = (
    ("cuda_missing", r"Torch not compiled with CUDA|Found no NVIDIA driver|No CUDA GPUs are available"),
    ("cuda_memory", r"CUDA out of memory|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED"),
    ("cuda_assert", r"device-side assert triggered"),
    ("cuda", r"CUDA error|cuDNN error|CUBLAS_STATUS|CUDNN_STATUS|illegal memory access"),
    ("host_memory", r"can't allocate memory|DataLoader worker .* killed|Unable to allocate"),
    ("label_range", r"Target -?\d+ is out of bounds|Class values must be (smaller than num_classes|non-negative)"
                    r"|target out of range"),
    ("index_range", r"index out of range in self|index -?\d+ is out of bounds"),
    ("second_backward", r"backward through the graph a second time"),
    ("in_place", r"modified by an inplace operation|used in an in-place operation"),
    ("no_gradient", r"does not require grad and does not have a grad_fn|complex dtype can require gradients"),
    ("not_scalar", r"grad can be implicitly created only for scalar outputs"),
    ("numpy_of_graph", r"call numpy\(\) on Tensor that requires grad"),
    ("target_dtype", r"expected (target dtype to be|scalar type) Long|Expected floating point type for target"
                     r"|result type \w+ can't be cast|expected scalar type Long|Found dtype \w+ but expected"
                     r"|Integral inputs not supported"),
    ("target_shape", r"Expected input batch_size|[Ee]xpected target size|multi-target not supported"
                     r"|Target size .* must be the same as input size|Using a target size|batches of spatial targets"),
    ("probability_range", r"all elements of (input|target) should be between 0 and 1"),
    ("nan", r"returned nan values|invalid values:|(input|contains) NaN"),
    ("one_sample_norm", r"Expected more than 1 (value per channel|spatial element) when training"),
    ("checkpoint", r"Error\(s\) in loading state_dict|size mismatch for|PytorchStreamReader"),
    ("no_parameters", r"optimizer got an empty parameter list"),
    ("collate", r"stack expects each tensor to be equal size|default_collate"),
    ("device", r"to be on the same device|is not on the expected device"),
    ("class_weights", r"weight tensor should be defined either for all"),
    ("scaler", r"Attempting to unscale FP16|unscale_\(\) (has already been|is being) called"
               r"|step\(\) has already been called since the last update|No inf checks were recorded"),
    ("dtype", r"must have the same dtype|bias type .* should be the same|weight type .* should be the same"
              r"|[Ee]xpected (tensor for argument|scalar type|m1 and m2|dtype int)|not implemented for '"
              r"|does not match weight dtype|mixed dtype|tensors used as indices must be|index tensor of type"),
    ("dimensions", r"shapes cannot be multiplied|size mismatch|Given groups=|to have \d+ channels|must match the size"
                   r"|Given normalized_shape|running_mean should contain|must be equal to input_size"
                   r"|is invalid for input|Sizes of tensors must match|expecting embedding dimension|batch1"
                   r"|[Ee]xpected (\dD|(hidden )?size)|einsum\(\)|[Oo]utput size is too small|expanded size of the"
                   r"|Kernel size can't be greater|input must have \d|(RNN|LSTM|GRU): Expected"),
)  # fmt: skip
# (expected, given) stand in this order in the message; in the first it is the other way round
SIZES = (
    r"\(\d+x(?P<given>\d+) and (?P<expected>\d+)x\d+\)",
    r"to have (?P<expected>\d+) channels, but got (?P<given>\d+) channels",
    r"running_mean should contain (?P<given>\d+) elements not (?P<expected>\d+)",
    r"expected input with shape \[\*, (?P<expected>\d+)\], but got input of size\[.*?(?P<given>\d+)\]",
    r"[Ee]xpected (?:size )?(?P<expected>\d+),? (?:but )?got (?:size )?(?P<given>\d+)",
    r"embedding dimension of (?P<expected>\d+), but got (?P<given>\d+)",
    r"size of tensor a \((?P<given>\d+)\) must match the size of tensor b \((?P<expected>\d+)\)",
)


def run(bench: Bench) -> Facts:
    """The end of the run, and the error in plain kinds."""
    ended, crash = bench.trace.ended, bench.trace.crash
    if ended is None and crash is None:
        raise CannotMeasure("nothing is known of the run's end")
    facts = Facts()
    facts.put("ended", ended.how if ended is not None else "exception")
    if crash is None:
        facts.put("crash", "none")
        facts.put("phase", "none")
    else:
        facts.put("crash", _kind(crash), crash.place, step=crash.iteration)
        facts.put("phase", crash.phase)
        _details(facts, crash)
    return facts


def _details(facts: Facts, crash: Crash) -> None:
    facts.put("message", f"{crash.kind}: {crash.message.strip()}".splitlines()[0][:300], *crash.places[-3:][::-1])
    facts.put("iteration", crash.iteration)
    if crash.module:
        facts.put("module", crash.module, crash.place)
    for pattern in SIZES:
        found = re.search(pattern, crash.message)
        if found:
            facts.put("expected_size", int(found["expected"]), crash.place)
            facts.put("given_size", int(found["given"]), crash.place)
            return


def _kind(crash: Crash) -> str:
    if crash.kind == "MemoryError":
        return "host_memory"
    if crash.kind == "OutOfMemoryError":
        return "cuda_memory"
    kind = next((kind for kind, pattern in SIGNATURES if re.search(pattern, crash.message)), "other")
    if kind == "dimensions" and crash.phase == "loss":
        return "target_shape"
    return "axis_order" if kind == "dimensions" and channels_last(crash.message) else kind
