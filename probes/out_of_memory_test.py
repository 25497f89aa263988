from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.burden import Burden, GpuMemory
from nndoctor.case import FactValue
from nndoctor.memory_message import read
from nndoctor.probe import CannotMeasure
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import Crash, Trace
from probes import out_of_memory
from tests.traces import StillBench, line, looked, model, trained, values

GIB = 1 << 30
NOW = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 16.00 GiB of which 1.00 GiB is free."
    " {others}Of the allocated memory {allocated} GiB is allocated by PyTorch, and {unused} GiB is reserved by"
    " PyTorch but unallocated. If reserved but unallocated memory is large try setting"
    " PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)
THIS = "Including non-PyTorch memory, this process has 14.90 GiB memory in use. "
LISTED = "Process 99 has 6.80 GiB memory in use. Process 98 has 8.00 GiB memory in use. "
BEFORE = (
    "CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 16.00 GiB total capacity; {allocated} GiB already"
    " allocated; {free} GiB free; {reserved} GiB reserved in total by PyTorch) If reserved memory is >> allocated"
    " memory try setting max_split_size_mb to avoid fragmentation."
)


def now(allocated: float, unused: float, others: str = THIS) -> str:
    return NOW.format(allocated=allocated, unused=unused, others=others)


def crash(message: str, iteration: int = 0, **settings: float) -> Crash:
    return Crash("OutOfMemoryError", message, "forward", line(9), (line(9),), settings=settings, iteration=iteration)


def measured(message: str, **fields: object) -> dict[str, FactValue]:
    trace = replace(Trace(crash=crash(message)), **fields)  # type: ignore[arg-type]
    return dict(values(out_of_memory.run(StillBench(trace))))


@pytest.mark.parametrize(
    ("message", "allocated", "unallocated", "foreign"),
    [
        (now(14.0, 0.25), 14.0, 0.25, 0.0),
        (now(6.0, 0.5, "Process 4711 has 7.50 GiB memory in use. " + THIS), 6.0, 0.5, 7.5),
        # in a container one's own process is listed by its number outside
        (now(14.0, 0.25, "Process 99 has 14.75 GiB memory in use. "), 14.0, 0.25, 0.0),
        (
            now(6.0, 0.5, LISTED),
            6.0,
            0.5,
            8.0,
        ),
        # the wording, and the spelling, of torch 2.1
        (now(14.0, 0.25).replace("capacity", "capacty"), 14.0, 0.25, 0.0),
        # that before 2.1: of others nothing is said, so what is neither free nor ours
        (BEFORE.format(allocated=14.0, free=0.5, reserved=14.5), 14.0, 0.5, 0.0),
        (BEFORE.format(allocated=5.0, free=0.5, reserved=5.5), 5.0, 0.5, 9.0),
        # most of the GPU is free: this process was given a limit
        (BEFORE.format(allocated=2.0, free=12.0, reserved=2.5), 2.0, 0.5, 0.0),
    ],
)
def test_what_the_message_says(message: str, allocated: float, unallocated: float, foreign: float) -> None:
    said = read(message)
    assert said is not None
    assert (said.tried, said.capacity) == (2 * GIB, 16 * GIB)
    assert [said.allocated / GIB, said.unallocated / GIB] == pytest.approx([allocated, unallocated])
    assert said.foreign / GIB == pytest.approx(foreign)


def test_other_messages_say_nothing_of_it() -> None:
    assert read("CUDA error: out of memory") is None
    assert read("mat1 and mat2 shapes cannot be multiplied (4x3 and 4x2)") is None
    with pytest.raises(CannotMeasure):
        measured("CUDA error: out of memory")
    with pytest.raises(CannotMeasure):
        out_of_memory.run(StillBench(Trace()))


def test_shares_of_the_capacity() -> None:
    facts = measured(now(12.0, 2.0))
    assert facts["request_share"] == 0.125
    assert facts["allocated_share"] == 0.75
    assert facts["unallocated_over_request"] == 1.0
    assert facts["unallocated_of_reserved"] == pytest.approx(1 / 7)


def test_the_states_of_weights_on_the_gpu() -> None:
    wide = replace(model("Linear"), parameters=(replace(model("Linear").parameters[0], shape=(GIB,), device="cuda"),))
    adam = OptimizerSeen(0, "AdamW", line(5), (GroupSeen(1e-3, 0.0, 0.9, ("0:0.weight",)),), 0, 0)
    plain = replace(adam, kind="SGD", groups=(replace(adam.groups[0], momentum=0.0),))
    assert measured(now(1.0, 0.0), models={0: wide}, optimizers={0: adam})["states_share"] == 1.0
    assert measured(now(1.0, 0.0), models={0: wide}, optimizers={0: plain})["states_share"] == 0.5
    frozen = replace(wide, parameters=(replace(wide.parameters[0], trainable=False),))
    assert measured(now(1.0, 0.0), models={0: frozen})["states_share"] == 0.25
    moved = crash(now(1.0, 0.0), parameter_bytes=14.0 * GIB)
    assert measured("", crash=moved)["states_share"] == pytest.approx(14 / 16)


def test_calls_without_a_backward_pass_pile_their_graphs_up() -> None:
    wasteful = looked(iteration=0, calls=40, output_requires_grad=True)
    assert measured(now(1.0, 0.0), passes=[wasteful])["graphs_waiting"] == 40
    assert measured(now(1.0, 0.0), passes=[looked(iteration=0, calls=40)])["graphs_waiting"] == 0


def test_models_alike_that_left_memory_behind() -> None:
    folds = {number: replace(model("Linear"), model=number) for number in range(3)}
    passes = [trained(model=n, iteration=50 * n, cuda_bytes=(n * 4 * GIB, n * 4 * GIB + GIB)) for n in range(3)]
    facts = measured(now(13.0, 0.0), models=folds, passes=passes)
    assert (facts["models_alike"], facts["left_share"]) == (3, 0.5)


def test_members_of_an_ensemble_that_take_turns_left_nothing() -> None:
    members = {number: replace(model("Linear"), model=number) for number in range(2)}
    passes = [trained(model=n % 2, iteration=50 * n, cuda_bytes=(n * 4 * GIB, 0)) for n in range(4)]
    facts = measured(now(13.0, 0.0), models=members, passes=passes)
    assert (facts["models_alike"], facts["left_share"]) == (1, 0.0)


def test_what_the_driver_lists_of_other_processes_counts_where_the_message_is_silent() -> None:
    gpu = GpuMemory(16 * GIB, 12 * GIB, 12 * GIB, 12 * GIB, 0, 1, 1, others=3 * GIB)
    facts = measured(BEFORE.format(allocated=12.0, free=0.5, reserved=12.0), burden=Burden(gpu=gpu))
    assert facts["foreign_share"] == pytest.approx(3 / 16)
    assert facts["foreign_over_request"] == 1.5
