from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import batch_order
from tests.traces import StillBench, batch, iterations, loader, loss_call, tensor, trained, values


def run_of(contents: list[str], **fields: object) -> Trace:
    trace = Trace(
        passes=[trained()],
        iterations=iterations([1.0] * len(contents)),
        loaders={0: loader(iterators=1, draws=len(contents))},
        batches=[batch(i, content) for i, content in enumerate(contents)],
    )
    for name, value in fields.items():
        setattr(trace, name, value)
    return trace


def measured(trace: Trace) -> dict[str, object]:
    return dict(values(batch_order.run(StillBench(trace))))


def test_another_batch_every_step() -> None:
    facts = measured(run_of([f"b{i}" for i in range(50)]))
    assert facts["same_batch_share"] == 0.0
    assert facts["distinct_over_draws"] == 1.0
    assert facts["loader_holds_more"] is False
    assert facts["sampler"] == "random"


def test_the_same_batch_every_step_while_the_loader_holds_more() -> None:
    facts = measured(run_of(["b"] * 50, loaders={0: loader(iterators=50, draws=50)}, iterations=iterations([1.0] * 50)))
    assert facts["same_batch_share"] == 1.0
    assert facts["distinct_over_draws"] == pytest.approx(1 / 50)
    assert facts["draws_per_iterator"] == 1.0
    assert facts["loader_holds_more"] is True
    assert facts["dataset_seen_share"] == pytest.approx(20 / 1000)


def test_a_batch_drawn_once_to_overfit_it_was_no_waste_of_draws() -> None:
    facts = measured(run_of(["b"] * 50, loaders={0: loader(iterators=1, draws=1)}))
    assert facts["same_batch_share"] == 1.0
    assert facts["distinct_over_draws"] == 1.0


def test_of_full_batch_training_nobody_knows_whether_there_is_more() -> None:
    trace = run_of(["all"] * 50)
    trace.batches = [replace(one, loader=None) for one in trace.batches]
    facts = measured(trace)
    assert facts["same_batch_share"] == 1.0
    assert "loader_holds_more" not in facts
    assert "distinct_over_draws" not in facts


def test_data_made_on_the_way_hold_nothing_back() -> None:
    trace = run_of([f"b{i}" for i in range(50)])
    trace.batches = [replace(one, loader=None) for one in trace.batches]
    assert measured(trace)["loader_holds_more"] is False


def test_a_few_recorded_batches_of_a_long_run_stand_for_the_others() -> None:
    trace = run_of([f"b{i}" for i in range(10)], iterations=iterations([1.0] * 500))
    assert measured(trace)["dataset_seen_share"] == 1.0


def test_sorted_labels_clump() -> None:
    losses = [loss_call(i, labels={str(i // 10): 20}) for i in range(40)]
    assert measured(run_of([f"b{i}" for i in range(40)], losses=losses))["label_clumping"] == pytest.approx(
        1.0, abs=0.01
    )


def test_evenly_mixed_labels_do_not_clump() -> None:
    losses = [loss_call(i, labels={"0": 9 + i % 3, "1": 11 - i % 3}) for i in range(40)]
    assert measured(run_of([f"b{i}" for i in range(40)], losses=losses))["label_clumping"] == 0.0


def test_pairs_of_each_class_in_a_batch_clump_a_little() -> None:
    losses = [loss_call(i, labels={str((i * 7 + k) % 50): 4 for k in range(5)}) for i in range(60)]
    clumping = measured(run_of([f"b{i}" for i in range(60)], losses=losses))["label_clumping"]
    assert 0.05 < float(str(clumping)) < 0.25


def test_sorted_numbers_clump() -> None:
    losses = [
        loss_call(i, target=tensor((20, 1), mean=i / 10, std=0.05, channel_mean=(i / 10,), channel_std=(0.05,)))
        for i in range(40)
    ]
    assert float(str(measured(run_of([f"b{i}" for i in range(40)], losses=losses))["target_clumping"])) > 0.9


def test_drifting_targets_of_data_made_on_the_way_do_not_clump() -> None:
    losses = [loss_call(i, target=tensor((20,), mean=i / 10, std=0.05)) for i in range(40)]
    trace = run_of([f"b{i}" for i in range(40)], losses=losses)
    trace.batches = [replace(one, loader=None) for one in trace.batches]
    assert measured(trace)["target_clumping"] == 0.0


def test_the_pixels_of_a_picture_are_no_samples() -> None:
    losses = [loss_call(i, labels={str(i // 10): 20}, target=tensor((20, 8, 8))) for i in range(40)]
    facts = measured(run_of([f"b{i}" for i in range(40)], losses=losses, loaders={0: loader(sampler="Mine")}))
    assert "label_clumping" not in facts


def test_one_batch_tells_no_order() -> None:
    with pytest.raises(CannotMeasure):
        measured(run_of(["b"]))


def test_the_labels_of_a_network_of_plain_functions_are_those_of_its_losses() -> None:
    def order(labels: list[dict[str, float]]) -> dict[str, object]:
        calls = [loss_call(i, labels=one) for i, one in enumerate(labels)]
        return measured(Trace(iterations=iterations([1.0] * len(labels)), losses=calls))

    assert order([{str(i // 10): 20.0} for i in range(40)])["label_clumping"] == 1.0
    assert order([{str(i): 5.0 for i in range(4)}] * 40)["label_clumping"] == 0.0
    with pytest.raises(CannotMeasure):
        order([])
