"""Tensors that are kept, compared or drawn, parameters that are trained; and what is refused."""

from __future__ import annotations

import pytest

from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import (
    DetachKept,
    Edit,
    HoldAllParameters,
    Initialize,
    LogSoftmaxFirst,
    MatchShapes,
    OneIterator,
    RandomOrder,
    Unfreeze,
    ZeroForHalf,
)
from tests.editing import changed, marked


def refused(source: str, edit: Edit) -> str:
    before, place = marked(source)
    with pytest.raises(CannotEdit) as reason:
        edited(before, edit, place)
    return str(reason.value)


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("total += loss", "total += loss.detach()"),
        ("total += loss * len(x)  # sum", "total += (loss * len(x)).detach()  # sum"),
        ("total = total + crit(net(x), y)", "total = total + crit(net(x), y).detach()"),
        ("self.history['loss'].append(loss)", "self.history['loss'].append(loss.detach())"),
        ("seen['loss'] = loss", "seen['loss'] = loss.detach()"),
    ],
)
def test_what_is_kept_is_kept_without_its_graph(written: str, row: str) -> None:
    assert changed(f"{written}  # <-", DetachKept()) == [
        f"-{written}",
        f"+{row}",
    ]


@pytest.mark.parametrize(
    "written",
    [
        "total = loss",
        "total += loss.item()",
        "kept.append((loss, y))",
        "meter.update(loss, n)",
        "total -= loss",
    ],
)
def test_what_keeps_no_single_tensor_is_left(written: str) -> None:
    refused(f"{written}  # <-", DetachKept())


def test_a_mean_that_is_kept_is_detached_where_its_total_is_summed_up() -> None:
    source = """
        for i, (x, y) in enumerate(data):
            total += crit(net(x), y)
            if i % 10 == 0:
                history.append(total / 10)  # <-
                total = 0
    """
    assert changed(source, DetachKept())[1] == "+    total += crit(net(x), y).detach()"


def test_what_a_meter_was_handed_need_not_be_a_tensor() -> None:
    summed = "def update(self, v, n):\n    self.sum += v * n  # <-\n"
    assert changed(summed, DetachKept())[1] == "+    self.sum += float(v * n)"
    summed = "def update(self, v):\n    self.sum = self.sum + v  # <-\n"
    assert changed(summed, DetachKept())[1] == "+    self.sum = self.sum + float(v)"
    assert "handed over" in refused("def update(self, v):\n    self.seen.append(v)  # <-\n", DetachKept())
    assert "handed over" in refused("def update(self, k, v):\n    self.seen[k] = v  # <-\n", DetachKept())


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("loss = F.mse_loss(pred, y)", "loss = F.mse_loss(pred, y.view_as(pred))"),
        ("loss = crit(pred, y[rows])", "loss = crit(pred, y[rows].view_as(pred))"),
        ("loss = crit(net(x), y)", "loss = crit(net(x).view_as(y), y)"),
        ("loss = ((pred - y) ** 2).mean() + 0.1 * reg", "loss = ((pred - y.view_as(pred)) ** 2).mean() + 0.1 * reg"),
        ("loss = (y - net(x)).abs().mean()", "loss = (y - net(x).view_as(y)).abs().mean()"),
        ("loss = (a + b - net(x)).abs().mean()", None),
    ],
)
def test_the_two_sides_of_a_loss_get_one_shape(written: str, row: str | None) -> None:
    source = f"import torch.nn.functional as F, torch\ncrit = torch.nn.L1Loss()\n{written}  # <-"
    if row is None:
        assert "has a name" in refused(source, MatchShapes())
    else:
        assert changed(source, MatchShapes()) == [f"-{written}", f"+{row}"]


def test_scores_get_their_logarithm_before_the_divergence() -> None:
    source = "import torch.nn.functional as F\nloss = F.kl_div(s / T, t, reduction='batchmean')  # <-"
    row = "+loss = F.kl_div(F.log_softmax(s / T, dim=-1), t, reduction='batchmean')"
    assert changed(source, LogSoftmaxFirst("kl_div"))[1] == row


XAVIER = Initialize("xavier_uniform_")


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("nn.init.constant_(self.fc.weight, 0.05)", "nn.init.xavier_uniform_(self.fc.weight)"),
        ("nn.init.normal_(self.emb.weight, mean=0.0, std=1.0)", "nn.init.xavier_uniform_(self.emb.weight)"),
        ("self.w = nn.Parameter(torch.randn(n, m))", "self.w = nn.Parameter(torch.randn(n, m) * (2 / (n + m)) ** 0.5)"),
    ],
)
def test_start_values_are_drawn_to_the_size_of_the_layer(written: str, row: str) -> None:
    assert changed(f"import torch\nfrom torch import nn\n{written}  # <-", XAVIER) == [f"-{written}", f"+{row}"]


MANY = """
    import torch
    for m in net.modules():
        if {test}:
            torch.nn.init.ones_(m.weight)  # <-
"""


def test_many_layers_are_filled_only_where_their_kind_is_told() -> None:
    linear = MANY.format(test="isinstance(m, (torch.nn.Linear, torch.nn.Conv2d))")
    assert changed(linear, XAVIER)[1] == "+        torch.nn.init.xavier_uniform_(m.weight)"
    assert "one axis" in refused(MANY.format(test="hasattr(m, 'weight')"), XAVIER)
    assert "one axis" in refused(MANY.format(test="isinstance(m, torch.nn.BatchNorm2d)"), XAVIER)
    axes = "import torch\nfor p in net.parameters():\n    if p.dim() > 1:\n        torch.nn.init.ones_(p)  # <-"
    assert changed(axes, XAVIER)[1] == "+        torch.nn.init.xavier_uniform_(p)"


def test_a_bias_starts_at_zero() -> None:
    source = "import torch.nn as nn\nnn.init.constant_(m.bias, -10.0)  # <-"
    assert changed(source, Initialize("zeros_"))[1] == "+nn.init.zeros_(m.bias)"
    assert refused(source, XAVIER)
    assert refused("import torch.nn as nn\nnn.init.ones_(m.weight)  # <-", Initialize("zeros_"))


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("for p in net.body.parameters():\n    p.requires_grad = False  # <-\nfit()",
         ["-for p in net.body.parameters():", "-    p.requires_grad = False"]),
        ("net.body.requires_grad_(False)  # <-\nfit()", ["-net.body.requires_grad_(False)"]),
        ("body = Body().requires_grad_(False)  # <-", ["-body = Body().requires_grad_(False)", "+body = Body()"]),
        ("net.eval().requires_grad_(False)  # <-\n", ["-net.eval().requires_grad_(False)", "+net.eval()"]),
        ("for s in stages:\n    s.eval()\n    for p in s.parameters():\n        p.requires_grad = False  # <-\n",
         ["-    for p in s.parameters():", "-        p.requires_grad = False"]),
    ],
)  # fmt: skip
def test_what_freezes_is_taken_out(source: str, rows: list[str]) -> None:
    assert changed(source, Unfreeze()) == rows


def test_a_flag_that_is_given_is_no_freezing() -> None:
    refused("p.requires_grad = wanted  # <-", Unfreeze())
    refused("p.requires_grad_(wanted)  # <-", Unfreeze())


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("model.head.parameters()", "model.parameters()"),
        ("self.net.body.parameters()", "self.net.parameters()"),
        ("[{'params': net.a.parameters()}, {'params': net.b.c.parameters()}]", "net.parameters()"),
        ("list(net.a.parameters()) + list(net.b.parameters())", "net.parameters()"),
    ],
)
def test_parts_of_a_model_become_the_whole(given: str, whole: str) -> None:
    source = f"import torch\nopt = torch.optim.SGD({given}, lr=0.1)  # <-"
    assert changed(source, HoldAllParameters())[1] == f"+opt = torch.optim.SGD({whole}, lr=0.1)"


@pytest.mark.parametrize(
    "given",
    [
        "encoder.parameters()",
        "list(a.parameters()) + list(b.parameters())",
        "[{'params': m.a.parameters(), 'lr': 1}, {'params': m.b.parameters()}]",
        "[p for p in m.parameters() if p.ndim > 1]",
        "wanted",
    ],
)
def test_what_is_no_part_of_one_model_is_left(given: str) -> None:
    refused(f"import torch\nopt = torch.optim.SGD({given}, lr=0.1)  # <-", HoldAllParameters())


def test_a_module_that_trains_itself_holds_all_that_it_has() -> None:
    source = """
        import torch
        class Lit(torch.nn.Module):
            def training_step(self, batch): ...
            def configure_optimizers(self):
                return torch.optim.Adam(self.head.parameters())  # <-
    """
    assert changed(source, HoldAllParameters())[1] == "+        return torch.optim.Adam(self.parameters())"
    assert refused(source.replace("training_step", "fit"), HoldAllParameters())


def test_an_optimizer_is_built_after_the_last_layer() -> None:
    source = """
        import torch
        opt = torch.optim.Adam(  # <-
            net.parameters(), lr=0.1
        )
        net.fc = torch.nn.Linear(3, 4)
        fit(net, opt)
    """
    before, place = marked(source)
    rows = edited(before, HoldAllParameters(), place).split("\n")
    assert rows[1:3] == ["net.fc = torch.nn.Linear(3, 4)", "opt = torch.optim.Adam("]
    assert refused(source.replace("net.fc", "sched = S(opt)\n        net.fc"), HoldAllParameters())


def test_an_order_of_which_slices_are_taken_is_drawn_at_random() -> None:
    source = """
        import torch
        for epoch in range(3):
            order = torch.arange(len(x))
            for start in range(0, len(x), 8):
                rows = order[start : start + 8]
                loss = net(x[rows])  # <-
    """
    assert changed(source, RandomOrder())[1] == "+    order = torch.randperm(len(x))"
    assert "no order" in refused(source.replace("arange(len(x))", "arange(0, 9)"), RandomOrder())


def test_one_iterator_is_made_before_the_loop() -> None:
    source = """
        for epoch in range(3):
            for _ in range(len(loader)):
                x, y = next(iter(loader))  # <-
    """
    assert changed(source, OneIterator()) == [
        "+    batches = iter(loader)",
        "-        x, y = next(iter(loader))",
        "+        x, y = next(batches)",
    ]
    assert changed(source.replace("len(loader)", "steps"), OneIterator())[0] == (
        "+    batches = (batch for _ in iter(int, 1) for batch in loader)  # over and over"
    )
    assert "more batches" in refused(source.replace("iter(loader)", "iter(DataLoader(data))"), OneIterator())


def test_a_batch_that_is_drawn_in_front_of_the_loop_is_drawn_at_each_of_its_steps() -> None:
    source = """
        x, y = next(iter(loader))  # <-
        model.train()
        for epoch in range(3):
            for step in range(100):
                loss = net(x, y)
    """
    assert changed(source, OneIterator()) == [
        "-x, y = next(iter(loader))",
        "+batches = (batch for _ in iter(int, 1) for batch in loader)  # over and over",
        "+        x, y = next(batches)",
    ]
    assert "no loop uses" in refused(source.replace("net(x, y)", "net(images)"), OneIterator())
    assert "no loop uses" in refused(source.replace("model.train()", "x = x.float()"), OneIterator())


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("acc = (burst == label).float().mean()", "acc = (burst == label.view_as(burst)).float().mean()"),
        ("acc += (burst == y).sum() / n", "acc += (burst == y.view_as(burst)).sum() / n"),
        ("wrong = 1 - (burst == y).float()", "wrong = 1 - (burst == y.view_as(burst)).float()"),
        ("hits += guess.eq(y[idx]).sum()", "hits += guess.eq(y[idx].view_as(guess)).sum()"),
        ("wrong = torch.ne(net(x).round(), y)", "wrong = torch.ne(net(x).round().view_as(y), y)"),
    ],
)
def test_what_is_compared_gets_one_shape(written: str, row: str) -> None:
    assert changed(f"import torch\n{written}  # <-", MatchShapes()) == [f"-{written}", f"+{row}"]


def test_which_of_two_pairs_is_meant_is_not_guessed() -> None:
    assert "can't be told" in refused("wrong = total - (burst == y).sum()  # <-", MatchShapes())


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("yes = (net(x) > 0.5).float()", "yes = (net(x) > 0).float()"),
        ("yes = 0.5 <= out", "yes = 0 <= out"),
        ("yes = torch.where(out.ge(0.5), 1, 0)", "yes = torch.where(out.ge(0), 1, 0)"),
        ("yes = out.squeeze(1).round() == y", "yes = torch.sigmoid(out.squeeze(1)).round() == y"),
        ("yes = torch.round(out)", "yes = torch.round(torch.sigmoid(out))"),
    ],
)
def test_raw_scores_have_0_for_their_middle(written: str, row: str) -> None:
    assert changed(f"import torch\n{written}  # <-", ZeroForHalf()) == [f"-{written}", f"+{row}"]


@pytest.mark.parametrize("written", ["yes = out > HALF", "yes = (a > 0.5) & (b > 0.5)", "acc = round(total, 2)"])
def test_a_middle_that_is_not_written_there_is_left(written: str) -> None:
    assert "can't be told" in refused(f"import torch\n{written}  # <-", ZeroForHalf())
