from __future__ import annotations

import pytest

from nndoctor.case import Image
from nndoctor.images import ImagesSeen
from nndoctor.nonfinite import FirstNonfinite
from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, OpSeen, TensorSeen
from nndoctor.trace import Trace
from probes import batch_statistics
from tests.traces import StillBench, batch, iterations, loader, loss_call, tensor, trained, values


def operation(name: str, *, weights: bool = False) -> OpSeen:
    return OpSeen(name, None, weights, weights, grad_mode=True, floating=True)


def run_of(*inputs: TensorSeen, operations: tuple[OpSeen, ...] = (operation("linear", weights=True),)) -> Trace:
    return Trace(
        passes=[trained()],
        loaders={0: loader()},
        iterations=iterations([1.0] * 3),
        batches=[batch(i, inputs=inputs) for i in range(3)],
        forwards=[ForwardSeen(0, 0, operations)],
    )


def measured(trace: Trace) -> dict[str, object]:
    return dict(values(batch_statistics.run(StillBench(trace))))


RAW = tensor((20, 2), "raw", channel_mean=(0.0, 40_000.0), channel_std=(1.0, 30_000.0), maximum=2e5)


def test_the_scale_is_that_of_the_largest_feature() -> None:
    facts = measured(run_of(RAW))
    assert facts["kind"] == "measurements"
    assert facts["largest_scale"] == pytest.approx(50_000)
    assert facts["scale_spread"] == pytest.approx(50_000)
    assert facts["largest"] == 2e5


def test_standardised_inputs_do_not_matter() -> None:
    facts = measured(run_of(tensor((20, 2), "x")))
    assert facts["largest_scale"] == pytest.approx(1.0)


@pytest.mark.parametrize("first", ["batch_norm", "layer_norm", "div", "__truediv__", "sub"])
def test_a_model_that_scales_its_input_first(first: str) -> None:
    scaled = (operation("flatten"), operation(first), operation("linear", weights=True))
    assert measured(run_of(RAW, operations=scaled))["rescaled_in_model"] is True


def test_a_division_after_the_first_weights_comes_too_late() -> None:
    late = (operation("linear", weights=True), operation("div", weights=True))
    assert measured(run_of(RAW, operations=late))["rescaled_in_model"] is False


def test_a_compiled_model_leaves_open_what_it_does_first() -> None:
    trace = run_of(RAW)
    trace.forwards = []
    assert "rescaled_in_model" not in measured(trace)


def test_ids_have_no_scale() -> None:
    ids = tensor((20, 12), "ids", dtype="int64", mean=500.0, maximum=999.0)
    facts = measured(run_of(ids, operations=(operation("embedding", weights=True),)))
    assert facts["kind"] == "ids"
    assert facts["largest_scale"] == 0.0


def test_whole_numbers_that_are_worked_with_have_one() -> None:
    pixels = tensor((20, 3, 8, 8), "pixels", dtype="uint8", mean=120.0, std=70.0)
    facts = measured(run_of(pixels, operations=(operation("float"), operation("conv2d", weights=True))))
    assert facts["kind"] == "measurements"
    assert float(str(facts["largest_scale"])) > 100


def test_of_ids_and_numbers_the_numbers_count() -> None:
    ids = tensor((20, 12), "ids", dtype="int64", mean=500.0)
    numbers = tensor((20, 4), "numbers", path="0.1", mean=30.0)
    facts = measured(run_of(ids, numbers, operations=(operation("embedding", weights=True),)))
    assert facts["largest_scale"] == pytest.approx(30.0, rel=0.01)


def failed(trace: Trace, **fields: bool) -> dict[str, object]:
    seen = {"loss": True, "gradient": False, "inputs": False, "targets": False, "outputs": True, **fields}
    trace.nonfinite = FirstNonfinite(2, parameters=(), **seen)
    return measured(trace)


def test_nan_in_the_batch_that_broke_the_loss() -> None:
    facts = failed(run_of(tensor((20, 2), "x")), inputs=True)
    assert facts["nonfinite_inputs"] is True
    assert facts["nonfinite_targets"] is False
    assert facts["weights_were_finite"] is True


def test_infinities_that_the_loss_bore_before_did_not_break_it() -> None:
    mask = tensor((8, 8), "mask", nonfinite=28, minimum=0.0, maximum=0.0)
    assert failed(run_of(tensor((20, 2), "x"), mask), inputs=True)["nonfinite_inputs"] is False


def test_a_mask_is_known_at_the_first_step_too() -> None:
    trace = run_of(tensor((20, 2), "x"), tensor((8, 8), "mask", nonfinite=28, minimum=0.0, maximum=0.0))
    trace.nonfinite = FirstNonfinite(
        0, loss=True, gradient=False, inputs=True, targets=False, outputs=True, parameters=()
    )
    assert measured(trace)["nonfinite_inputs"] is False


def test_a_lone_number_beside_the_batch_is_no_measurement() -> None:
    count = tensor((), minimum=320.0, maximum=320.0, mean=320.0, std=0.0)
    assert measured(run_of(tensor((20, 2), "x"), count))["largest_scale"] == 1.0


def test_nan_among_the_targets() -> None:
    trace = run_of(tensor((20, 2), "x"))
    assert failed(trace, targets=True)["nonfinite_targets"] is True
    trace.losses = [loss_call(0, target=tensor((20,), nonfinite=3))]
    assert failed(trace, targets=True)["nonfinite_targets"] is False


def test_without_batches_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        measured(Trace())


def test_the_first_images_of_the_training_model_come_before_all_other_pictures() -> None:
    trace = run_of(tensor((20, 1, 8, 8), "x"))
    image = Image.packed((8, 8, 1), bytes(64))
    for model in (5, 0):
        trace.images.append(
            ImagesSeen(model, "0", (20, 1, 8, 8), "float32", 0.0, 255.0, 9.0, 7.0, 0.0, 255.0, (image,))
        )
    pictures = batch_statistics.run(StillBench(trace)).pictures
    assert [picture.kind for picture in pictures] == ["images", "bars"]
    assert pictures[0].images == (image,)
