"""What the text of a program shows of how it steps, cleans, evaluates and takes its data, without running anything.

Each follows names, modules and numbers through the program as carefully as it can, and keeps still where the text
does not say.
"""

from __future__ import annotations

import ast

from benchmarks.scoreboard.text import Text, argument, called, calls_in, dotted

NO_GRAD = ("no_grad", "inference_mode", "set_grad_enabled")
BY_STATE = ("Dropout", "Dropout1d", "Dropout2d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm1d")
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


def not_zeroed(text: Text) -> bool:
    """Backward passes, and gradients that nobody clears."""
    cleared = text.has("zero_grad") or any(
        isinstance(node, ast.Attribute) and node.attr == "grad" and not isinstance(node.ctx, ast.Load)
        for node in text.nodes
    )
    by_hand = any(dotted(call.func).endswith("grad.zero_") for call in text.calls("zero_"))
    return text.has("backward") and not (cleared or by_hand or text.has("zeros_like", "grad"))


def step_missing_or_misordered(text: Text) -> bool:
    """No step after a backward pass, or the step first."""
    by_hand = any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in text.nodes)
    steps = [call for call in text.calls("step") if not dotted(call.func).rpartition(".")[0].lower().count("sched")]
    if text.has("backward") and not steps and not by_hand:
        return True
    return any(at["step"] < at["backward"] for at in map(_calls, text.blocks()) if {"step", "backward"} <= at.keys())


def zeroed_before_step(text: Text) -> bool:
    """The gradients cleared between a backward pass and the step."""
    blocks = [_calls(block) for block in text.blocks()]
    return any("backward" in at and at["backward"] < at.get("zero_grad", -1) < at.get("step", -1) for at in blocks)


def _calls(block: list[ast.stmt]) -> dict[str, int]:
    """Where in the block each function is called first, statements that are one call alone."""
    at: dict[str, int] = {}
    for place, statement in enumerate(block):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = called(statement.value)
            if name != "step" or not dotted(statement.value.func).lower().count("sched"):
                at.setdefault(name, place)
    return at


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


def parameters_missing_from_optimizer(text: Text) -> bool:
    """Optimizers that are all given the parameters of a part of the network."""
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


def no_trainable_params(text: Text) -> bool:
    """Every parameter of a network frozen in a loop, and no layer put in afterwards."""
    frozen = {}
    for loop in text.loops():
        source = dotted(loop.iter.func) if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Call) else ""
        if source.endswith(".parameters") and "requires_grad = False" in ast.unparse(loop):
            frozen[source.removesuffix(".parameters")] = loop.lineno
    later = [(dotted(node.targets[0]), node.lineno) for node in text.nodes if isinstance(node, ast.Assign)]
    fed = {
        dotted(call.args[0].func)
        for call in text.calls(*OPTIMIZERS)
        if call.args and isinstance(call.args[0], ast.Call)
    }
    return any(
        f"{name}.parameters" in fed and not any(put.startswith(f"{name}.") and line > at for put, line in later)
        for name, at in frozen.items()
    )


def batchnorm_small_batch(text: Text) -> bool:
    """Batch norm, and loaders of batches of one or two."""
    sizes = [argument(call, "batch_size", 1) for call in text.calls("DataLoader")]
    numbers = [text.value(size) for size in sizes if size is not None]
    return text.has("BatchNorm1d", "BatchNorm2d", "BatchNorm3d") and any(n is not None and n <= 2 for n in numbers)
