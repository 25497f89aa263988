"""What the allocator and the driver say of the GPU's memory; the tests that ask them want a GPU."""

from __future__ import annotations

import pytest
import torch

from nndoctor.burden import GpuMemory
from nndoctor.worker.gpu import gpu_memory, of_others

LISTED = """GPU:0
process       4711 uses     1024.000 MB GPU memory
process         98 uses      512.500 MB GPU memory"""


def test_other_processes_are_counted_without_oneself() -> None:
    assert of_others(LISTED, 4711) == int(512.5 * (1 << 20))
    assert of_others("GPU:0\nprocess 7 uses 3.000 MB GPU memory", 7) == 0


@pytest.mark.parametrize("said", [LISTED, "GPU:0\nno processes are running", "pynvml module not found"])
def test_where_one_is_not_listed_oneself_nothing_is_known_of_others(said: str) -> None:
    assert of_others(said, 5) is None


def test_cuda_is_not_started_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("CUDA was started")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "_lazy_init", refuse)
    assert gpu_memory(0) is None


def test_after_an_assert_on_the_device_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "memory_stats", refuse)
    assert gpu_memory(0) is None


def test_counts_are_taken_from_where_torch_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "allocated_bytes.all.current": 5,
        "allocated_bytes.all.peak": 7,
        "reserved_bytes.all.current": 8,
        "inactive_split_bytes.all.current": 2,
        "num_alloc_retries": 3,
        "num_ooms": 1,
    }
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "memory_stats", lambda: told)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (4, 16))
    monkeypatch.setattr(torch.cuda, "list_gpu_processes", lambda: "pynvml module not found")
    assert gpu_memory(1) == GpuMemory(16, 5, 7, 8, 2, 3, 1, None, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_pieces_between_live_tensors_are_counted() -> None:
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    blocks = [torch.empty(3 << 20, dtype=torch.uint8, device="cuda") for _ in range(6)]
    kept = blocks[::2]
    blocks.clear()
    seen = gpu_memory(before)
    assert seen is not None
    assert seen.total > seen.reserved >= seen.allocated >= sum(one.numel() for one in kept)
    assert seen.fragments >= 2 * (3 << 20)
    assert seen.at_start == before
    assert seen.others is None or seen.others >= 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_request_that_fails_is_counted_and_its_retry_too() -> None:
    torch.empty(1, device="cuda")
    before = gpu_memory(0)
    assert before is not None
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(2 * before.total, dtype=torch.uint8, device="cuda")
    after = gpu_memory(0)
    assert after is not None
    assert after.failures == before.failures + 1
    assert after.retries > before.retries
