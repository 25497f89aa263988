"""Tests of what the loss is given."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nndoctor.case import Place
from nndoctor.nonfinite import FirstNonfinite
from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, GraphSeen, LossCall, LossPathSeen, OpSeen, TensorSeen
from nndoctor.trace import Crash, TensorNamed, Trace
from probes import loss_graph

LOSS = Place("/u/train.py", 20, "loss = criterion(out, y)")
SOFTMAX = Place("/u/model.py", 8, "return torch.softmax(x, 1)")
CALL = LossCall(
    function="cross_entropy",
    place=LOSS,
    iteration=0,
    evaluating=False,
    inside_model=False,
    input=TensorSeen("input", (8, 3), "float32", minimum=0.1, maximum=0.9, requires_grad=True),
    target=TensorSeen("target", (8,), "int64"),
    value=1.0,
    reduction="mean",
)


@dataclass
class Bench:
    trace: Trace


def facts_of(trace: Trace) -> dict[str, object]:
    return {name: fact.value for name, fact in loss_graph.run(Bench(trace)).values.items()}  # type: ignore[arg-type]


def graph(head: str, *before: str, curve: int = 0) -> GraphSeen:
    return GraphSeen(0, curve, head, before, (), (), 9, (0,))


def op(name: str, *, place: Place = SOFTMAX, lowest: float | None = None) -> OpSeen:
    return OpSeen(name, place, takes_grad=True, gives_grad=True, grad_mode=True, floating=True, lowest=lowest)


def test_probabilities_at_every_step_are_a_softmax_in_front_at_its_own_line() -> None:
    sums = replace(CALL, rows_are_probabilities=True)
    trace = Trace(losses=[sums, sums], forwards=[ForwardSeen(0, 0, (op("linear"), op("softmax")))])
    fact = loss_graph.run(Bench(trace)).values["softmax_before_cross_entropy"]  # type: ignore[arg-type]
    assert fact.value is True
    assert fact.where == (SOFTMAX,)


def test_an_attentions_softmax_is_not_taken_for_that_of_the_loss() -> None:
    sums = replace(CALL, rows_are_probabilities=True)
    inside = (op("linear"), op("softmax"), op("linear"), op("exp"), op("div"))
    fact = loss_graph.run(Bench(Trace(losses=[sums], forwards=[ForwardSeen(0, 0, inside)]))).values  # type: ignore[arg-type]
    assert fact["softmax_before_cross_entropy"].where == (LOSS,)


def test_one_step_of_probabilities_is_no_softmax() -> None:
    trace = Trace(losses=[replace(CALL, rows_are_probabilities=True), CALL])
    assert facts_of(trace)["softmax_before_cross_entropy"] is False


def test_probabilities_in_an_evaluation_do_not_count() -> None:
    trace = Trace(losses=[CALL, replace(CALL, rows_are_probabilities=True, evaluating=True, place=SOFTMAX)])
    assert facts_of(trace)["softmax_before_cross_entropy"] is False


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (("log_softmax", "softmax"), True),
        (("log_softmax", "log_softmax"), False),
        (("log_softmax", "log", "softmax"), False),
        (("log_softmax",), False),
    ],
)
def test_the_graph_tells_a_softmax_directly_in_front(before: tuple[str, ...], found: bool) -> None:  # noqa: FBT001
    assert facts_of(Trace(graphs=[graph("nll_loss", *before)]))["softmax_before_cross_entropy"] is found


def test_a_sigmoid_in_front_of_bce_with_logits() -> None:
    head = "binary_cross_entropy_with_logits"
    assert facts_of(Trace(graphs=[graph(head, "sigmoid")]))["sigmoid_before_bce_with_logits"] is True
    assert facts_of(Trace(graphs=[graph(head)]))["sigmoid_before_bce_with_logits"] is False
    assert facts_of(Trace(graphs=[graph("binary_cross_entropy", "sigmoid")]))["sigmoid_before_bce_with_logits"] is False


def test_small_positive_logits_without_a_sigmoid_are_logits() -> None:
    call = replace(CALL, function="binary_cross_entropy_with_logits")
    assert facts_of(Trace(losses=[call]))["sigmoid_before_bce_with_logits"] is False
    trace = Trace(losses=[call], loss_paths=[LossPathSeen(0, (op("sigmoid"),))])
    assert facts_of(trace)["sigmoid_before_bce_with_logits"] is True


def of_call(function: str, **changes: object) -> object:
    return facts_of(Trace(losses=[replace(CALL, function=function, **changes)]))["wrong_input"]  # type: ignore[arg-type]


def test_logits_and_probabilities_into_nll_and_kl_div() -> None:
    assert of_call("nll_loss") == "logits_into_nll"
    assert of_call("nll_loss", rows_are_probabilities=True) == "probabilities_into_nll"
    assert of_call("kl_div") == "logits_into_kl_div"
    assert of_call("kl_div", rows_are_probabilities=True) == "probabilities_into_kl_div"


def test_log_probabilities_and_scores_below_zero_are_let_pass() -> None:
    below = replace(CALL.input, minimum=-3.0, maximum=-0.01)
    assert of_call("nll_loss", rows_are_log_probabilities=True) == "none"
    assert of_call("nll_loss", input=below) == "none"


def refused(message: str, **tensor: float) -> Trace:
    given = TensorSeen("input", (8, 1), "float32", **tensor)  # type: ignore[arg-type]
    return Trace(crash=Crash("RuntimeError", message, "loss", LOSS, (LOSS,), variables=(TensorNamed("input", given),)))


def test_bce_that_refuses_logits_is_told_from_one_that_meets_nan_or_rounding() -> None:
    message = "all elements of input should be between 0 and 1"
    assert facts_of(refused(message, minimum=-2.0, maximum=0.7))["wrong_input"] == "outside_unit_interval"
    for harmless in ({"minimum": -2.0, "maximum": 0.7, "nonfinite": 3}, {"minimum": 0.0, "maximum": 1.0000001}):
        with pytest.raises(CannotMeasure):
            facts_of(refused(message, **harmless))


def test_the_logarithm_of_a_negative_number_counts_where_the_first_loss_is_lost() -> None:
    trace = Trace(losses=[CALL], loss_paths=[LossPathSeen(0, (op("log", place=LOSS, lowest=-1.5),))])
    assert facts_of(trace)["wrong_input"] == "none"
    trace.nonfinite = FirstNonfinite(
        0, loss=True, gradient=False, inputs=False, targets=False, outputs=False, parameters=()
    )
    assert facts_of(trace)["wrong_input"] == "log_of_negative"


def test_scores_clipped_to_probabilities_at_every_step_are_a_wrong_input() -> None:
    raw = replace(graph("nll_loss", "log", "clamp"), clipped=(-4.2, 5.0))
    nearly = replace(raw, clipped=(-1e-6, 1.0))
    call = replace(CALL, function="nll_loss", input=replace(CALL.input, minimum=-16.1, maximum=0.0))
    fact = loss_graph.run(Bench(Trace(graphs=[raw, raw], losses=[call]))).values["wrong_input"]  # type: ignore[arg-type]
    assert (fact.value, fact.where) == ("clipped_scores", (LOSS,))
    assert facts_of(Trace(graphs=[raw, nearly], losses=[call]))["wrong_input"] == "none"
    assert facts_of(Trace(graphs=[graph("nll_loss", "log_softmax")], losses=[call]))["wrong_input"] == "none"


def test_a_negative_nll_is_told_but_not_a_negative_custom_loss() -> None:
    assert facts_of(Trace(losses=[replace(CALL, function="nll_loss", value=-0.3)]))["negative"] is True
    assert facts_of(Trace(losses=[replace(CALL, function="gaussian_nll_loss", value=-0.3)]))["negative"] is False


def test_a_run_without_a_loss_cannot_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        facts_of(Trace())
