"""The checks of the static baseline: what the text of a program shows of a cause, without running anything.

Each follows names, modules and numbers through the program as carefully as it can, and keeps still where the text
does not say.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from benchmarks.scoreboard.text import Text, argument, called, calls_in, dotted, given_to, outputs

CROSS_ENTROPY = ("CrossEntropyLoss", "cross_entropy")
BCE_LOGITS = ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits")
PROBABILITY = ("BCELoss", "binary_cross_entropy", "NLLLoss", "nll_loss")
REGRESSION = ("MSELoss", "mse_loss", "L1Loss", "l1_loss", "SmoothL1Loss", "HuberLoss", "huber_loss")
NO_GRAD = ("no_grad", "inference_mode", "set_grad_enabled")
BY_STATE = ("Dropout", "Dropout1d", "Dropout2d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm1d")
OF_SHAPE = ("squeeze", "view", "reshape", "unsqueeze", "flatten", "view_as", "reshape_as", "expand_as")
OF_CHANCE = (
    "shuffle",
    "randperm",
    "permutation",
    "randint",
    "choice",
    "choices",
    "sample",
    "RandomSampler",
    "multinomial",
)
OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax")


def softmax_before_cross_entropy(text: Text) -> bool:
    """A network that ends in softmax, or its softmax, is given to the cross entropy of logits."""
    soft = {"softmax", "Softmax"}
    return bool(soft & given_to(text, *CROSS_ENTROPY)) or (text.has(*CROSS_ENTROPY) and bool(soft & outputs(text)))


def sigmoid_before_bce_with_logits(text: Text) -> bool:
    """The same with sigmoid."""
    soft = {"sigmoid", "Sigmoid"}
    return bool(soft & given_to(text, *BCE_LOGITS)) or (text.has(*BCE_LOGITS) and bool(soft & outputs(text)))


def logits_into_probability_loss(text: Text) -> bool:
    """A loss of probabilities in a program that makes none."""
    made = ("sigmoid", "Sigmoid", "softmax", "Softmax", "log_softmax", "LogSoftmax", "logsigmoid", "sigmoid_")
    return text.has(*PROBABILITY) and not text.has(*made)


def not_zeroed(text: Text) -> bool:
    """Backward passes, and gradients that nobody clears."""
    cleared = text.has("zero_grad") or any(
        isinstance(node, ast.Attribute) and node.attr == "grad" and not isinstance(node.ctx, ast.Load)
        for node in text.nodes
    )
    by_hand = any(dotted(call.func).endswith("grad.zero_") for call in text.calls("zero_"))
    return text.has("backward") and not (cleared or by_hand or text.has("zeros_like", "grad"))


def step_missing_or_misordered(text: Text) -> bool:
    """No step after a backward pass, or the gradients cleared between the two, or the step first."""
    by_hand = any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in text.nodes)
    steps = [call for call in text.calls("step") if not dotted(call.func).rpartition(".")[0].lower().count("sched")]
    if text.has("backward") and not steps and not by_hand:
        return True
    return any(_misordered(block) for block in text.blocks())


def _misordered(block: list[ast.stmt]) -> bool:
    at: dict[str, int] = {}
    for place, statement in enumerate(block):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = called(statement.value)
            if name != "step" or not dotted(statement.value.func).lower().count("sched"):
                at.setdefault(name, place)
    if "backward" not in at or "step" not in at:
        return False
    return at["step"] < at["backward"] or at["backward"] < at.get("zero_grad", -1) < at["step"]


def eval_missing(text: Text) -> bool:
    """An evaluation (gradients off) of a network with dropout or batch norm that never leaves the mode of training."""
    return text.has(*BY_STATE) and text.has(*NO_GRAD) and not text.has("eval") and not _train(text, on=False)


def train_not_restored(text: Text) -> bool:
    """An evaluation mode that is set again and again, and a training mode that is not."""
    repeated = text.repeated()
    off = [call for call in text.calls("eval") if call in repeated and isinstance(call.func, ast.Attribute)]
    return text.has(*BY_STATE) and bool(off) and not any(call in repeated for call in _train(text, on=True))


def _train(text: Text, *, on: bool) -> list[ast.Call]:
    """The calls of `train()` that turn that mode on, or off."""
    found = []
    for call in text.calls("train"):
        mode = argument(call, "mode", 0)
        if isinstance(call.func, ast.Attribute) and (isinstance(mode, ast.Constant) and mode.value is False) != on:
            found.append(call)
    return found


def eval_without_no_grad(text: Text) -> bool:
    """An evaluation mode, and gradients that are never off."""
    return text.has("backward") and text.has("eval") and not text.has(*NO_GRAD)


def graph_retained(text: Text) -> bool:
    """The very loss that is differentiated, summed up or kept in a list."""
    for function in (*text.functions(), *text.trees):
        losses = {dotted(call.func).removesuffix(".backward") for call in calls_in(function, "backward")} - {""}
        kept = [node for node in ast.walk(function) if isinstance(node, ast.AugAssign)]
        if any(dotted(node.value) in losses and dotted(node.target) not in losses for node in kept):
            return True
        if any(call.args and dotted(call.args[0]) in losses for call in calls_in(function, "append")):
            return True
    return False


def not_shuffled(text: Text) -> bool:
    """No loader shuffles, or slices are taken in the order that the data have; and nothing else is drawn by chance."""
    loaders = text.calls("DataLoader")
    words = {"shuffle", "sampler", "batch_sampler"}
    if loaders:
        return not any(_shuffles(call, words) for call in loaders)
    slices = any(len(call.args) == 3 for call in text.calls("range"))
    return slices and text.has("backward") and not text.has(*OF_CHANCE)


def _shuffles(call: ast.Call, words: set[str]) -> bool:
    given = [word.value for word in call.keywords if word.arg in words or word.arg is None] + call.args[2:3]
    return any(not (isinstance(value, ast.Constant) and not value.value) for value in given)


def same_batch_every_step(text: Text) -> bool:
    """A fresh iterator's first batch in a function or a loop that trains on it, and no loop over a loader."""
    for place in (*text.loops(), *text.functions(), *text.trees):
        for call in calls_in(place, "next"):
            fresh = bool(call.args) and isinstance(call.args[0], ast.Call) and called(call.args[0]) == "iter"
            if fresh and calls_in(place, "backward") and not _loops_over_data(place):
                return True
    return False


def _loops_over_data(place: ast.AST) -> bool:
    """Whether a loop in there that trains goes over something else than numbers."""
    loops = [node for node in ast.walk(place) if isinstance(node, ast.For) and calls_in(node, "backward")]
    return any(not calls_in(loop.iter, "range") for loop in loops)


def detached_subgraph(text: Text) -> bool:
    """A network that leaves the graph on its way: detach, data, item, numpy, or a new tensor from values."""
    names = ("detach", "item", "numpy", "tolist")
    return any(
        calls_in(function, *names)
        or any(dotted(call.func) == "torch.tensor" for call in calls_in(function, "tensor"))
        or any(isinstance(node, ast.Attribute) and node.attr == "data" for node in ast.walk(function))
        for function in text.functions("forward")
    )


def parameters_missing_from_optimizer(text: Text) -> bool:
    """Layers in a plain list, or an optimizer that is given the parameters of a part of the network."""
    layers = ("Linear", "Conv1d", "Conv2d", "LSTM", "GRU", "TransformerEncoderLayer", "Sequential")
    for node in text.nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.List() | ast.ListComp() | ast.Dict() as value):
                if dotted(target).startswith("self.") and calls_in(value, *layers):
                    return True
    given = [argument(call, "params", 0) for call in text.calls(*OPTIMIZERS)]
    parts = [dotted(one.func).split(".") for one in given if isinstance(one, ast.Call)]
    return bool(parts) and all(names[-1] == "parameters" and len(names) > 2 and names[0] != "self" for names in parts)


def learning_rate_too_high(text: Text) -> bool:
    """A rate far above what is usual for its optimizer."""
    return any(rate >= (1.0 if name == "SGD" else 0.05) for name, rate in _rates(text))


def learning_rate_too_low(text: Text) -> bool:
    """A rate far below what is usual for its optimizer."""
    return any(rate <= (1e-5 if name == "SGD" else 2e-6) for name, rate in _rates(text))


def _rates(text: Text) -> list[tuple[str, float]]:
    found = []
    for call in text.calls(*OPTIMIZERS):
        given = argument(call, "lr", 1)
        rate = text.value(given) if given is not None else None
        if rate is not None:
            found.append((called(call), rate))
    return found


def symmetric(text: Text) -> bool:
    """Weights that all start alike."""
    filled = [call.args[0] for call in text.calls("zeros_", "constant_", "ones_") if call.args]
    filled += [call.func.value for call in text.calls("zero_", "fill_") if isinstance(call.func, ast.Attribute)]
    return any(dotted(one).removesuffix(".data").endswith(".weight") for one in filled)


def scale_too_large(text: Text) -> bool:
    """Weights drawn with a deviation of a half or more."""
    drawn = [call for call in text.calls("normal_", "trunc_normal_") if dotted(call.func).count("init.")]
    spreads = [argument(call, "std", 2) for call in drawn]
    sizes = [1.0 if one is None else text.value(one) for one in spreads]
    return any(size is not None and size >= 0.5 for size in sizes)


def dead_relu(text: Text) -> bool:
    """A network that ends in ReLU, or biases that start far below zero."""
    low = [text.value(call.args[1]) for call in text.calls("constant_") if len(call.args) > 1]
    return bool({"ReLU", "relu"} & outputs(text)) or any(value is not None and value <= -1 for value in low)


def vanishing(text: Text) -> bool:
    """Many saturating activations and no normalisation."""
    many = len(text.calls("Sigmoid", "Tanh", "sigmoid", "tanh")) >= 5
    stacked = [call for call in text.calls("Sigmoid", "Tanh", "sigmoid") if call in text.repeated()]
    return (many or bool(stacked)) and not text.has("BatchNorm1d", "BatchNorm2d", "LayerNorm", "LSTM", "GRU")


def dimension_mismatch(text: Text) -> bool:
    """Neighbours in a Sequential whose sizes, written as numbers, do not fit."""
    for call in text.calls("Sequential"):
        layers = [
            one for one in call.args if isinstance(one, ast.Call) and called(one) == "Linear" and len(one.args) > 1
        ]
        for before, after in pairwise(layers):
            out, into = text.value(before.args[1]), text.value(after.args[0])
            if out is not None and into is not None and out != into:
                return True
    return False


def silent_broadcast(text: Text) -> bool:
    """A regression with one output, and no word on shapes anywhere."""
    single = any(len(call.args) > 1 and text.value(call.args[1]) == 1 for call in text.calls("Linear"))
    added = any(isinstance(node, ast.Subscript) and "None" in ast.unparse(node.slice) for node in text.nodes)
    return text.has(*REGRESSION) and single and not (text.has(*OF_SHAPE) or added)


def unnormalized_input(text: Text) -> bool:
    """Bytes as they come: 255 or 256 named, and neither a division nor a normalisation."""
    numbers = {node.value for node in text.nodes if isinstance(node, ast.Constant) and isinstance(node.value, int)}
    divided = any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and text.value(node.right) in (255.0, 256.0)
        for node in text.nodes
    )
    return bool(numbers & {255, 256}) and not divided and not text.has("Normalize", "std", "BatchNorm1d", "BatchNorm2d")


def graph_reuse_or_inplace(text: Text) -> bool:
    """A graph that is kept for a second backward pass."""
    return any(word.arg == "retain_graph" for call in text.calls("backward") for word in call.keywords)


def frozen_parameters(text: Text) -> bool:
    """Parameters whose gradients are turned off by hand, and never on again."""
    set_by_hand = [
        node.value.value
        for node in text.nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if dotted(node.targets[0]).endswith(".requires_grad")
    ]
    set_by_hand += [
        one.args[0].value for one in text.calls("requires_grad_") if one.args and isinstance(one.args[0], ast.Constant)
    ]
    return bool(set_by_hand) and not any(set_by_hand)


def unstable_custom_maths(text: Text) -> bool:
    """A logarithm of what nothing keeps from zero."""
    bare = [call for call in text.calls("log") if dotted(call.func) == "torch.log" and call.args]
    return any(not isinstance(call.args[0], ast.BinOp) and not calls_in(call, "clamp", "softmax") for call in bare)
