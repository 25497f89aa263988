"""The autograd graph behind a loss: which loss it is, what stands in front of it, and whom its gradient reaches.

The nodes' names and saved tensors are torch's own; see torch/csrc/autograd/generated and `torch.autograd.graph`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction

from nndoctor.seen import ActivationSeen, GraphSeen
from nndoctor.worker.models import Models
from nndoctor.worker.tensors import finite, strided, tensor_seen

MOST_NODES = 50_000
MOST_ACTIVATIONS = 64
MOST_UNITS = 1024
ROUNDING = 1e-3
HEADS = {
    "NllLossBackward0": "nll_loss",
    "NllLoss2DBackward0": "nll_loss",
    "MseLossBackward0": "mse_loss",
    "SmoothL1LossBackward0": "smooth_l1_loss",
    "HuberLossBackward0": "huber_loss",
    "BinaryCrossEntropyBackward0": "binary_cross_entropy",
    "BinaryCrossEntropyWithLogitsBackward0": "binary_cross_entropy_with_logits",
    "SoftMarginLossBackward0": "soft_margin_loss",
    "MultiMarginLossBackward0": "multi_margin_loss",
    "CtcLossBackward0": "ctc_loss",
}
ACTIVATIONS = {
    "ReluBackward0": "relu",
    "SigmoidBackward0": "sigmoid",
    "TanhBackward0": "tanh",
    "SoftmaxBackward0": "softmax",
    "LogSoftmaxBackward0": "log_softmax",
    "LogSigmoidBackward0": "log_sigmoid",
    "LeakyReluBackward0": "leaky_relu",
    "EluBackward0": "elu",
    "GeluBackward0": "gelu",
    "SiluBackward0": "silu",
    "HardtanhBackward0": "hardtanh",
    "ClampBackward0": "clamp",
    "ClampBackward1": "clamp",
    "ClampMinBackward0": "clamp",
    "ExpBackward0": "exp",
    "LogBackward0": "log",
}
# they move or reshape values but do not change them
TRANSPARENT = (
    "View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Permute", "Transpose", "TBackward", "Slice",
    "Select", "ToCopy", "Clone", "Alias", "Expand", "Split", "Cat", "Stack", "Index", "AsStrided", "Contiguous",
)  # fmt: skip
# reductions and weights of a loss, on the way from the scalar down to its head
SCALING = ("Mean", "Sum", "Div", "Mul", "Add", "Neg", "Sub", "Pow", "Rsub", "MaskedSelect", "Where", *TRANSPARENT)
PRODUCTS = ("Mm", "Addmm", "Bmm", "Baddbmm", "Mv", "Addmv", "Convolution")
CHANNELS_FIRST = ("Convolution", "NativeBatchNorm", "CudnnBatchNorm", "MaxPool", "AvgPool", "AdaptiveAvgPool")


@dataclass(slots=True)
class Walk:
    """What one walk found. `leaves` are the parameters that the gradient will reach, `factors` the ids of those among
    them that weigh in a product or a convolution; `functions` the classes written for autograd, not torch's."""

    head: str = "custom"
    head_node: Any = None
    before: tuple[str, ...] = ()
    clipped: tuple[float, float] | None = None
    leaves: list[Tensor] = field(default_factory=list)
    factors: set[int] = field(default_factory=set)
    nodes: int = 0
    activations: list[Any] = field(default_factory=list)
    functions: dict[Any, None] = field(default_factory=dict)

    def take(self, node: Any) -> None:
        """Notes what one node is."""
        self.nodes += 1
        name = node.name()
        if name == "struct torch::autograd::AccumulateGrad" or hasattr(node, "variable"):
            self.leaves.append(node.variable)
        elif name in ("ReluBackward0", "SigmoidBackward0", "TanhBackward0"):
            self.activations.append(node)
        elif name.startswith(PRODUCTS):
            self.factors.update(map(id, _factors(node)))
        elif isinstance(node, BackwardCFunction):
            self.functions[getattr(node, "_forward_cls", None)] = None


def graph_seen(loss: Tensor, place: tuple[int, int], models: Models, waiting: tuple[int, ...]) -> GraphSeen:
    """The record of the graph behind a loss; `place` is (iteration, curve), `waiting` the models called for it."""
    found = walk(loss)
    models.meet_bare(found.leaves, found.factors)
    names = dict.fromkeys(models.name_of(leaf) for leaf in found.leaves)
    trainable = {name for number in waiting for name, _ in models.trainable_of(number)}
    activations = (activation_seen(node, models.name_of) for node in found.activations[:MOST_ACTIVATIONS])
    output, target = saved(found.head_node, "self"), saved(found.head_node, "target")
    return GraphSeen(
        iteration=place[0],
        curve=place[1],
        head=found.head,
        before=found.before,
        reached=tuple(names),
        unreached=tuple(sorted(trainable - names.keys())),
        nodes=found.nodes,
        models=waiting,
        activations=tuple(activation for activation in activations if activation is not None),
        input=tensor_seen("input", output) if isinstance(output, Tensor) else None,
        target=tensor_seen("target", target) if isinstance(target, Tensor) else None,
        clipped=found.clipped,
        functions=tuple(line for kind in found.functions if (line := models.backward_of(kind)) is not None),
    )


def walk(loss: Tensor) -> Walk:
    """Walks the graph behind a loss; its saved tensors must still be alive (before backward)."""
    found = Walk()
    if loss.grad_fn is None:
        return found
    for node in nodes_behind(loss.grad_fn):
        found.take(node)
    _find_head(loss.grad_fn, found)
    if found.head in ("nll_loss", "binary_cross_entropy"):
        found.clipped = _clipped(found.head_node.next_functions[0][0], logarithm=found.head == "nll_loss")
    elif found.head == "custom":
        found.clipped = _clipped(_under_one_hot(loss.grad_fn), logarithm=True)
    return found


def _factors(node: Any) -> Iterator[Tensor]:
    """The leaves that are a weight in a product: of two leaves the first may be an input that wants a gradient."""
    sides = [follower for follower, _ in node.next_functions]
    sides = sides[1:2] if node.name().startswith("Convolution") else sides[-2:]
    leaves = [leaf for side in sides if (leaf := _leaf_below(side)) is not None]
    yield from leaves[-1:]


def _leaf_below(node: Any) -> Tensor | None:
    """The leaf that is only turned and reshaped on its way here, if there is one."""
    for _ in range(8):
        if node is None or hasattr(node, "variable"):
            return None if node is None else node.variable
        if not node.name().startswith(TRANSPARENT) or len(node.next_functions) != 1:
            return None
        node = node.next_functions[0][0]
    return None


def nodes_behind(root: Any, most: int = MOST_NODES) -> Iterator[Any]:
    """Every node reachable from one, nearest first, each once."""
    seen = {root}
    queue = deque([root])
    while queue and len(seen) < most:
        node = queue.popleft()
        yield node
        for follower, _ in node.next_functions:
            if follower is not None and follower not in seen:
                seen.add(follower)
                queue.append(follower)


def _find_head(root: Any, found: Walk) -> None:
    queue, steps = deque([root]), 0
    while queue and steps < 64:
        node, steps = queue.popleft(), steps + 1
        name = node.name()
        if name in HEADS:
            found.head, found.head_node = HEADS[name], node
            found.before = activations_before(node.next_functions[0][0])
            return
        if name.startswith(SCALING):
            queue.extend(follower for follower, _ in node.next_functions if follower is not None)
        elif name == "LogSoftmaxBackward0" and steps > 1:
            # the soft-target form of cross_entropy is composed: -(log_softmax * target).sum() / n
            found.head, found.head_node = "cross_entropy_with_probabilities", node
            found.before = activations_before(node)
            return


@torch.no_grad()
def _clipped(node: Any, *, logarithm: bool) -> tuple[float, float] | None:
    """Lowest and highest of what a clamp just below was given; `logarithm`: with one between."""
    while node is not None:
        name = node.name()
        if name.startswith("Clamp"):
            given = saved(node, "self")
            if logarithm or not isinstance(given, Tensor) or not given.numel():
                return None
            low, high = finite(given.min().item()), finite(given.max().item())
            return None if low is None or high is None else (low, high)
        if name != "LogBackward0" and not name.startswith(TRANSPARENT):
            return None
        logarithm = logarithm and name != "LogBackward0"
        node = node.next_functions[0][0] if node.next_functions else None
    return None


@torch.no_grad()
def _under_one_hot(root: Any) -> Any:
    """What is multiplied by a target of probabilities, in a cross-entropy written by hand; None without one."""
    queue, steps = deque([root]), 0
    while queue and steps < 64:
        node, steps = queue.popleft(), steps + 1
        name = node.name()
        if name == "MulBackward0":
            for side, factor in enumerate((saved(node, "other"), saved(node, "self"))):
                if isinstance(factor, Tensor) and _is_distribution(factor) and side < len(node.next_functions):
                    return node.next_functions[side][0]
        if name.startswith(SCALING):
            queue.extend(follower for follower, _ in node.next_functions if follower is not None)
    return None


def _is_distribution(target: Tensor) -> bool:
    if target.dim() < 2 or target.shape[-1] < 2 or not target.is_floating_point():
        return False
    return bool((target >= 0).all() and ((target.sum(-1) - 1).abs() < ROUNDING).all())


def activations_before(node: Any) -> tuple[str, ...]:
    """The activation functions from here down to the first weighted operation, nearest first."""
    found: list[str] = []
    while node is not None and len(found) < 8:
        name = node.name()
        if name in ACTIVATIONS:
            found.append(ACTIVATIONS[name])
        elif not name.startswith(TRANSPARENT):
            break
        node = node.next_functions[0][0] if node.next_functions else None
    return tuple(found)


def saved(node: Any, name: str) -> Any:
    """A tensor or number that a node saved; None if it has none such, or it was freed or overwritten since."""
    try:
        return getattr(node, f"_saved_{name}", None)
    except RuntimeError:
        return None


@torch.no_grad()
def activation_seen(node: Any, name_of: Callable[[Tensor], str]) -> ActivationSeen | None:
    """The statistics of one activation's output, or None where it can't be read any more."""
    result = saved(node, "result")
    if not isinstance(result, Tensor) or result.dim() == 0 or result.numel() == 0 or result.layout != torch.strided:
        return None
    layer, convolution = _fed_by(node, name_of)
    result = result.detach()
    units = result.movedim(1, -1) if convolution and result.dim() > 2 else result
    units = units.reshape(-1, units.shape[-1])
    sample = strided(result, 1 << 16).float()
    kind, fired = ACTIVATIONS[node.name()], units.any(dim=0)
    saturated = {
        "tanh": lambda: (sample.abs() > 0.97).float().mean(),
        "sigmoid": lambda: ((sample < 0.02) | (sample > 0.98)).float().mean(),
    }.get(kind, lambda: sample.new_zeros(()))()
    return ActivationSeen(
        layer=layer,
        kind=kind,
        zero_share=(sample == 0).float().mean().item(),
        saturated_share=saturated.item(),
        dead_units=(~fired).float().mean().item() if kind == "relu" else 0.0,
        units=units.shape[-1],
        samples=units.shape[0],
        std=finite(sample.std(correction=0).item()),
        largest=finite(sample.abs().max().item()),
        alive=numpy.packbits(fired[:MOST_UNITS].cpu().numpy()).tobytes().hex() if kind == "relu" else "",
    )


def _fed_by(node: Any, name_of: Callable[[Tensor], str]) -> tuple[str, bool]:
    """The layer whose parameters lie nearest below an activation, and whether its units lie along axis 1."""
    convolution = False
    for below in nodes_behind(node, 64):
        convolution = convolution or below.name().startswith(CHANNELS_FIRST)
        if hasattr(below, "variable"):
            return name_of(below.variable).rpartition(".")[0] or name_of(below.variable), convolution
    return "", convolution
