"""What the text of a program shows of its network and its loss, without running anything.

Each follows names, modules and numbers through the program as carefully as it can, and keeps still where the text
does not say.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from benchmarks.scoreboard.text import Text, argument, called, calls_in, dotted, given_to, made_of, outputs

CROSS_ENTROPY = ("CrossEntropyLoss", "cross_entropy")
BCE_LOGITS = ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits")
PROBABILITY = ("BCELoss", "binary_cross_entropy", "NLLLoss", "nll_loss")
REGRESSION = ("MSELoss", "mse_loss", "L1Loss", "l1_loss", "SmoothL1Loss", "HuberLoss", "huber_loss")
OF_SHAPE = ("squeeze", "view", "reshape", "unsqueeze", "flatten", "view_as", "reshape_as", "expand_as")


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


def detached_subgraph(text: Text) -> bool:
    """A network that leaves the graph on its way: detach, data, item, numpy, or a new tensor from values."""
    names = ("detach", "item", "numpy", "tolist")
    return any(
        calls_in(function, *names)
        or any(dotted(call.func) == "torch.tensor" for call in calls_in(function, "tensor"))
        or any(isinstance(node, ast.Attribute) and node.attr == "data" for node in ast.walk(function))
        for function in text.functions("forward")
    )


def unregistered_submodule(text: Text) -> bool:
    """Layers in a plain list or dictionary of a module."""
    layers = ("Linear", "Conv1d", "Conv2d", "LSTM", "GRU", "TransformerEncoderLayer", "Sequential")
    for node in text.nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.List() | ast.ListComp() | ast.Dict() as value):
                if dotted(target).startswith("self.") and calls_in(value, *layers):
                    return True
    return False


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


def wrong_sign(text: Text) -> bool:
    """The negative of a loss of the library is taken, or an optimizer climbs."""
    losses = {*CROSS_ENTROPY, *BCE_LOGITS, *PROBABILITY, *REGRESSION}
    turned = [node.operand for node in text.nodes if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)]
    made = {called(one) for one in turned if isinstance(one, ast.Call)}
    climbs = any(word.arg == "maximize" for call in text.calls() for word in call.keywords)
    negated = any(_negated(call) for call in text.calls("backward"))
    return climbs or negated or bool((losses | made_of(text, *losses)) & made)


def _negated(call: ast.Call) -> str:
    """The name in `(-name).backward()`."""
    match call.func:
        case ast.Attribute(value=ast.UnaryOp(op=ast.USub(), operand=operand)):
            return dotted(operand)
    return ""


def nondifferentiable_path(text: Text) -> bool:
    """A loss of decisions, or of numbers that have left the graph."""
    cut = {"argmax", "round", "item", "numpy", "sign", "tolist", "long", "int", "detach"}
    return bool(cut & given_to(text, *CROSS_ENTROPY, *BCE_LOGITS, *PROBABILITY, *REGRESSION))


def mse_on_classification(text: Text) -> bool:
    """A squared error, and classes written as rows of zeros and a one."""
    return text.has("MSELoss", "mse_loss") and text.has("one_hot")


def unstable_custom_maths(text: Text) -> bool:
    """A logarithm of what nothing keeps from zero."""
    bare = [call for call in text.calls("log") if dotted(call.func) == "torch.log" and call.args]
    return any(not isinstance(call.args[0], ast.BinOp) and not calls_in(call, "clamp", "softmax") for call in bare)


def fp16_overflow(text: Text) -> bool:
    """Half precision, and no scaler of gradients."""
    half = any(isinstance(node, ast.Attribute) and node.attr == "float16" for node in text.nodes)
    return (half or text.has("half")) and not text.has("GradScaler")
