"""What the right predictions of an evaluation are divided by: changed where it is written, and nowhere else."""

from __future__ import annotations

import pytest

from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import DivideByBatches, DivideBySamples, Edit
from tests.editing import changed, marked

LOADER = """
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
loader = DataLoader(data, batch_size=32ARGUMENTS)
"""
SUMMED = """
lost, correct, n = 0, 0, 0
for i, (x, y) in enumerate(loader):
    out = net(x)  # <-
    lost += crit(out, y).item()
    n += 1
    right = out.argmax(1) == y
    correct ADDED
"""
COUNTED = "+= right.sum().item()"
SHARED = "+= right.float().mean().item()"


def refused(source: str, edit: Edit) -> str:
    before, place = marked(source)
    with pytest.raises(CannotEdit) as reason:
        edited(before, edit, place)
    return str(reason.value)


def program(end: str, added: str = COUNTED, arguments: str = "") -> str:
    return LOADER.replace("ARGUMENTS", arguments) + SUMMED.replace("ADDED", added) + end + "\n"


@pytest.mark.parametrize(
    ("written", "row"),
    [
        (
            "print(lost / len(loader), correct / len(loader))",
            "print(lost / len(loader), correct / len(loader.dataset))",
        ),
        ("acc = 100.0 * correct / len(loader)", "acc = 100.0 * correct / len(loader.dataset)"),
        ("correct /= n", "correct /= len(loader.dataset)"),
        ("acc = correct / (i + 1)", "acc = correct / (len(loader.dataset))"),
        (
            "print(f'{correct / len(loader)} of len(loader)')",
            "print(f'{correct / len(loader.dataset)} of len(loader)')",
        ),
        (
            'print(f"{lost / len(loader):.3f} {100 * correct / len(loader):.1f} %")',
            'print(f"{lost / len(loader):.3f} {100 * correct / len(loader.dataset):.1f} %")',
        ),
    ],
)
def test_a_count_is_divided_by_the_samples(written: str, row: str) -> None:
    assert changed(program(written), DivideBySamples()) == [f"-{written}", f"+{row}"]


@pytest.mark.parametrize(
    "added",
    [
        "+= (out.argmax(1) == y).type(torch.float).sum().item()",
        "+= out.argmax(1).eq(y.view_as(out)).sum()",
        "= correct + int(torch.sum(right))",
        "+= sum(right)",
        "+= torch.count_nonzero(right).item()",
    ],
)
def test_right_predictions_may_be_counted_in_many_ways(added: str) -> None:
    assert changed(program("acc = correct / len(loader)", added), DivideBySamples())[1:] == [
        "+acc = correct / len(loader.dataset)"
    ]


def test_the_loader_may_be_handed_over_and_wrapped() -> None:
    source = """
        import torch
        import tqdm
        val = torch.utils.data.DataLoader(data, 64, shuffle=False, drop_last=False)
        def evaluate(net, batches):
            net.eval()
            good, size = 0, len(batches)
            for x, y in tqdm.tqdm(batches):
                pred = net(x).argmax(1)  # <-
                hits = (pred == y).sum()
                good += hits.item()
            return good / size
        evaluate(net, val)
    """
    assert changed(source, DivideBySamples())[1:] == ["+    return good / len(batches.dataset)"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (program("acc = correct / len(loader)", arguments=", drop_last=True"), "may leave samples"),
        (program("acc = correct / len(loader)", arguments=", sampler=mine"), "may leave samples"),
        (program("acc = correct / len(loader)", arguments=", **options"), "may leave samples"),
        (program("acc = correct / len(loader)").replace("DataLoader(", "Mine("), "not known to be a DataLoader"),
        (program("acc = correct / len(loader)").replace("    n += 1", "    if n: break"), "may end before"),
        (program("acc = correct / len(other)"), "no division"),
        (program("acc = correct / len(loader)", SHARED), "no division"),
        (program("acc = correct / len(loader)", "+= (y == 1).sum().item()"), "no division"),
        (program("acc = correct / len(loader)", "+= score(out, y)"), "no division"),
        ("out = net(x)  # <-\nacc = (out == y).sum() / len(loader)", "no loop"),
    ],
)
def test_where_it_could_be_meant_otherwise_nothing_is_changed(source: str, why: str) -> None:
    assert why in refused(source, DivideBySamples())


@pytest.mark.parametrize("by", ["len(loader.dataset)", "seen", "len(data)"])
@pytest.mark.parametrize("added", [SHARED, "+= torch.mean(right.float()).item()", "+= right.sum().item() / len(y)"])
def test_shares_are_divided_by_the_batches(added: str, by: str) -> None:
    source = program(f"print(100 * correct / {by}, lost / {by})", added)
    assert changed(source, DivideByBatches())[1:] == [f"+print(100 * correct / len(loader), lost / {by})"]


def test_what_is_divided_by_the_batches_already_is_left() -> None:
    assert "no division" in refused(program("acc = correct / n", SHARED), DivideByBatches())
    assert "no division" in refused(program("acc = correct / len(data)"), DivideByBatches())
