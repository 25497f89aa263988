"""The window on the first iterations: it hears the user's operations, and is gone when backward begins."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.utils._device import DeviceContext

from nndoctor.seen import OpSeen
from nndoctor.trace import Trace
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.models import Models
from nndoctor.worker.operations import Window
from nndoctor.worker.places import Places


class Patient:
    """A small model under a window, without the rest of the tap."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        self.models = Models(self.journal, Places())
        self.window = Window(self.journal, Places(), self.models, lambda: True)
        self.model = nn.Linear(4, 1)

    def __call__(self, x: Tensor) -> Tensor:
        known = self.models.meet(self.model)
        assert known is not None
        output: Tensor = self.window.forward(lambda: self.model(x), known, 0)
        return output

    def trace(self) -> Trace:
        self.window.leave()
        self.journal.close()
        return read_trace(self.journal.path)


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path / "journal")


def outside(trace: Trace) -> list[OpSeen]:
    return [op for path in trace.loss_paths for op in path.operations]


def test_a_loss_by_hand_is_heard_with_its_shapes_and_line(patient: Patient) -> None:
    x, y = torch.randn(8, 4), torch.randn(8)
    ((patient(x) - y) ** 2).mean().backward()  # type: ignore[no-untyped-call]
    trace = patient.trace()
    assert [op.name for op in trace.forwards[0].operations] == ["linear"]
    difference = outside(trace)[0]
    assert difference.name == "sub"
    assert difference.shapes == ((8, 1), (8,))
    assert difference.place is not None
    assert "patient(x) - y" in difference.place.code


def test_the_window_closes_at_backward_and_leaves_torch_as_it_was(patient: Patient) -> None:
    before = Tensor.backward
    loss = patient(torch.randn(8, 4)).sum()
    assert torch._C._len_torch_function_stack() == 1
    loss.backward()  # type: ignore[no-untyped-call]
    assert torch._C._len_torch_function_stack() == 0
    assert Tensor.backward is before
    assert all(op.name != "backward" for op in outside(patient.trace()))


def test_what_lies_behind_a_cut_is_named(patient: Patient) -> None:
    output = patient(torch.randn(8, 4))
    output.detach()
    with torch.no_grad():
        F.linear(torch.randn(2, 4), patient.model.weight)
    torch.round(output)
    cuts = {op.name: op.behind for op in outside(patient.trace()) if op.behind}
    assert cuts == {"detach": ("0:bias", "0:weight"), "linear": ("0:weight",), "round": ("0:bias", "0:weight")}


def test_the_lowest_value_of_a_logarithm_is_kept(patient: Patient) -> None:
    torch.log(patient(torch.ones(2, 4)) * 0 - 2)
    (log,) = (op for op in outside(patient.trace()) if op.name == "log")
    assert log.lowest == -2.0


def test_a_mode_of_the_users_own_is_not_disturbed(patient: Patient) -> None:
    with DeviceContext(torch.device("meta")):
        patient(torch.randn(2, 4, device="cpu"))
        assert torch.empty(1).device.type == "meta"
    assert torch._C._len_torch_function_stack() == 0
    patient(torch.randn(2, 4))
    with DeviceContext(torch.device("meta")):
        patient.window.leave()
        assert torch.empty(1).device.type == "meta"
    assert torch._C._len_torch_function_stack() == 0


def test_an_exception_in_the_forward_ends_the_window(patient: Patient) -> None:
    with pytest.raises(RuntimeError):
        patient(torch.randn(2, 5))
    assert torch._C._len_torch_function_stack() == 0
    assert patient.trace().forwards


def test_an_optimizers_step_is_not_heard(patient: Patient) -> None:
    patient.window.functional(1)
    patient.window.mute(deaf=True)
    torch.ones(2) + 1
    patient.window.mute(deaf=False)
    torch.ones(2) * 2
    assert [op.name for op in outside(patient.trace())] == ["ones", "mul"]


def test_a_model_still_pickles_after_the_window(patient: Patient) -> None:
    patient(torch.randn(8, 4)).sum().backward()  # type: ignore[no-untyped-call]
    assert pickle.loads(pickle.dumps(patient.model)) is not None  # noqa: S301  (our own bytes)
