"""The order of calls, the modes and the graphs of a loop, in the styles in which people write them."""

from __future__ import annotations

import pytest

from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import (
    Edit,
    EvaluationMode,
    StepAfterBackward,
    StepOfIdle,
    TrainingMode,
    WithoutGraphs,
    ZeroAfterStep,
    ZeroGradients,
)
from tests.editing import changed, marked


def refused(source: str, edit: Edit) -> str:
    before, place = marked(source)
    with pytest.raises(CannotEdit) as reason:
        edited(before, edit, place)
    return str(reason.value)


# zero_grad and step


def test_gradients_are_zeroed_before_the_backward_pass_of_a_plain_loop() -> None:
    source = """
        import torch
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        sched = torch.optim.lr_scheduler.StepLR(opt, 3)
        for x, y in data:
            loss = crit(net(x), y)
            loss.backward()  # <-
            opt.step()
            sched.step()
    """
    assert changed(source, ZeroGradients()) == ["+    opt.zero_grad()"]
    before, place = marked(source)
    rows = edited(before, ZeroGradients(), place).split("\n")
    assert rows.index("    opt.zero_grad()") + 1 == rows.index("    loss.backward()")


def test_gradients_that_are_summed_up_are_zeroed_after_the_step() -> None:
    source = """
        for i, (x, y) in enumerate(data):
            (crit(net(x), y) / 4).backward()  # <-
            if i % 4 == 3:
                self.optim.step()
    """
    before, place = marked(source)
    after = edited(before, ZeroGradients(), place)
    assert after.endswith("        self.optim.step()\n        self.optim.zero_grad()\n")


def test_gradients_of_several_inner_passes_are_zeroed_after_the_outer_step() -> None:
    source = """
        for batch in data:
            for part in batch.split(4):
                crit(net(part)).backward()  # <-
            opt.step()
    """
    before, place = marked(source)
    assert edited(before, ZeroGradients(), place).endswith("    opt.step()\n    opt.zero_grad()\n")


GAN = """
    import torch
    opt_g = torch.optim.Adam(g.parameters())  # <-
    opt_d = torch.optim.Adam(d.parameters())
    for x in data:
        opt_d.zero_grad()
        loss_d(x).backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g(x).backward()
        opt_d.step()
"""


def test_an_optimizer_steps_after_its_own_backward_pass() -> None:
    assert changed(GAN, StepOfIdle()) == ["-    opt_d.step()", "+    opt_g.step()"]
    before, place = marked(GAN)
    assert edited(before, StepOfIdle(), place).endswith("loss_g(x).backward()\n    opt_g.step()\n")
    assert "steps already" in refused(GAN + "    opt_g.step()\n", StepOfIdle())
    assert "in its place" in refused(GAN.replace("opt_g.zero_grad()", "pass"), StepOfIdle())


def test_the_optimizer_of_a_scaler_is_the_one_that_is_zeroed() -> None:
    source = """
        import torch
        def main():
            optimizer = torch.optim.Adam(net.parameters())
            for x, y in data:
                scaler.scale(crit(net(x), y)).backward()  # <-
                scaler.step(optimizer)
                scaler.update()
    """
    assert changed(source, ZeroGradients()) == ["+        optimizer.zero_grad()"]


def test_a_line_that_calls_no_backward_pass_is_left() -> None:
    source = "for x in data:\n    trainer.fit(x)  # <-\n    opt.step()\n"
    for edit in (ZeroGradients(), StepAfterBackward(), ZeroAfterStep()):
        assert "no backward pass itself" in refused(source, edit)


def test_without_a_step_nothing_is_zeroed() -> None:
    assert "no optimizer steps" in refused("for x in d:\n    net(x).backward()  # <-\n    sched = 1\n", ZeroGradients())


def test_a_step_is_put_behind_the_clipping() -> None:
    source = """
        import torch
        from torch import nn
        class Trainer:
            def __init__(self, net):
                self.opt = torch.optim.Adam(net.parameters())
                self.sched = torch.optim.lr_scheduler.StepLR(self.opt, 1)
            def fit(self, data):
                for x, y in data:
                    self.opt.zero_grad()
                    loss = self.crit(self.net(x), y)
                    loss.backward()  # <-
                    nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
                    self.sched.step()
    """
    before, place = marked(source)
    rows = edited(before, StepAfterBackward(), place).split("\n")
    step = rows.index("            self.opt.step()")
    assert "clip_grad_norm_" in rows[step - 1]
    assert changed(source, StepAfterBackward()) == ["+            self.opt.step()"]


def test_the_optimizer_is_known_by_the_name_that_the_function_gives_it() -> None:
    source = """
        import torch
        def make(net):
            return torch.optim.SGD(net.parameters(), lr=0.1)
        def train_one(model, o, batches):
            for x, y in batches:
                o.zero_grad()
                model(x).sum().backward()  # <-
        optimizer = make(net)
        train_one(net, optimizer, data)
    """
    assert "2 optimizers" in refused(source, StepAfterBackward())  # `optimizer` is seen there, too
    inside = source.replace("optimizer = make(net)", "def main():\n            optimizer = make(net)").replace(
        "        train_one(net, opt", "            train_one(net, opt"
    )
    assert changed(inside, StepAfterBackward()) == ["+        o.step()"]


def test_with_two_optimizers_no_step_is_guessed() -> None:
    source = """
        import torch
        a, b = torch.optim.SGD(p, lr=1), torch.optim.SGD(q, lr=1)
        for x in data:
            net(x).backward()  # <-
    """
    assert "2 optimizers" in refused(source, StepAfterBackward())


def test_a_zero_grad_before_the_step_comes_after_it() -> None:
    source = """
        for i, (x, y) in enumerate(data):
            crit(net(x), y).backward()  # <-
            if i % 2:
                opt.zero_grad(set_to_none=True)  # clean
                opt.step()
    """
    before, place = marked(source)
    after = edited(before, ZeroAfterStep(), place)
    assert after.endswith("    if i % 2:\n        opt.step()\n        opt.zero_grad(set_to_none=True)\n")


def test_a_zero_grad_before_the_backward_pass_stays() -> None:
    source = """
        for x, y in data:
            opt.zero_grad()
            crit(net(x), y).backward()  # <-
            opt.step()
    """
    assert "no zero_grad" in refused(source, ZeroAfterStep())


# modes

LOOP = """
    import torch
    for epoch in range(3):
        model.train()
        for x, y in train_data:
            crit(model(x), y).backward()
            opt.step()
        with torch.no_grad():
            for x, y in held_out:
                right += (model(x).argmax(1) == y).sum()  # <-
"""


def test_an_evaluation_within_the_loop_of_epochs_gets_its_mode() -> None:
    assert changed(LOOP, EvaluationMode()) == ["+    model.eval()"]


def test_training_mode_is_restored_where_nothing_else_does() -> None:
    source = LOOP.replace("        model.train()\n", "")
    before, place = marked(source)
    after = edited(before, EvaluationMode(), place)
    assert "    model.eval()\n    with torch.no_grad():" in after
    assert after.endswith(".sum()\n    model.train()\n")


FUNCTION = """
    class Trainer:
        def validate(self, loader):
            total = 0
            for x, y in loader:
                total += self.crit(self.net(x), y).item()  # <-
            return total
        def fit(self):
            for epoch in range(3):
                self.one_epoch()
                self.validate(self.held_out)
        def one_epoch(self):
            self.net.train()
            for x, y in self.data:
                self.crit(self.net(x), y).backward()
                self.opt.step()
"""


def test_a_function_that_evaluates_gets_its_mode() -> None:
    assert changed(FUNCTION, EvaluationMode()) == ["+        self.net.eval()"]


def test_a_function_called_from_a_loop_that_never_calls_train_restores_it() -> None:
    source = FUNCTION.replace("            self.net.train()\n", "")
    assert changed(source, EvaluationMode()) == ["+        self.net.eval()", "+        self.net.train()"]


def test_an_evaluation_every_so_many_batches_restores_the_mode() -> None:
    source = """
        for epoch in range(3):
            net.train()
            for step, (x, y) in enumerate(data):
                crit(net(x), y).backward()
                if step % 100 == 0:
                    out = net(x_val)  # <-
    """
    assert changed(source, EvaluationMode()) == ["+            net.eval()", "+            net.train()"]


def test_the_model_is_told_from_a_loss_that_the_function_was_handed() -> None:
    source = """
        def test(network, data, lossf):
            for x, y in data:
                total = lossf(network(x.to("cpu")), y.long())  # <-
    """
    assert changed(source, EvaluationMode()) == ["+    network.eval()"]


def test_which_of_two_models_is_meant_is_not_guessed() -> None:
    source = """
        def test(one, other, x):
            return one(other(x))  # <-
    """
    assert "can't be told" in refused(source, EvaluationMode())


def test_lightning_style_calls_of_the_object_itself_are_a_models() -> None:
    source = """
        import torch
        class Net(torch.nn.Module):
            def forward(self, x):
                return x
            def score(self, batches):
                return [self(x) for x in batches]  # <-
    """
    assert changed(source, WithoutGraphs()) == ["+    @torch.no_grad()"]


def test_a_model_that_is_evaluated_already_is_left() -> None:
    source = "def test(net, d):\n    net.eval()\n    for x in d:\n        net(x)  # <-\n"
    assert "already" in refused(source, EvaluationMode())


def test_training_mode_comes_before_the_loop_of_batches() -> None:
    source = """
        def fit(net, data):
            for epoch in range(3):
                for x, y in data:
                    loss = crit(net(x), y)  # <-
                    loss.backward()
                validate(net)
        def validate(net):
            net.eval()
    """
    before, place = marked(source)
    rows = edited(before, TrainingMode(), place).split("\n")
    assert rows[2:4] == ["        net.train()", "        for x, y in data:"]


def test_training_mode_comes_in_the_loop_that_evaluates() -> None:
    source = """
        for x, y in data:  # forever
            loss = crit(net(x), y)  # <-
            loss.backward()
            validate(net)
        def validate(net):
            net.eval()
    """
    before, place = marked(source)
    assert edited(before, TrainingMode(), place).split("\n")[1] == "    net.train()"


def test_training_mode_comes_first_in_a_function_of_one_step() -> None:
    source = """
        class T:
            def train_step(self, x):
                '''One.'''
                x = x.to("cpu")
                with cast():
                    out = self.net(x)  # <-
                out.sum().backward()
    """
    before, place = marked(source)
    assert edited(before, TrainingMode(), place).split("\n")[4] == "        self.net.train()"


# graphs


def test_a_function_that_only_evaluates_is_decorated() -> None:
    source = """
        import torch as t

        @timed
        def validate(net, data):
            for x, y in data:
                outs.append(net(x))  # <-
    """
    assert changed(source, WithoutGraphs()) == ["+@t.no_grad()"]


def test_an_evaluation_between_trainings_goes_under_no_grad() -> None:
    source = '''
        import torch
        def main():
            for epoch in range(2):
                for x, y in data:
                    crit(net(x), y).backward()
                for x, y in held_out:
                    note("""a
        text""")

                    outs.append(net(x))  # <-
                print(1)
    '''
    before, place = marked(source)
    rows = edited(before, WithoutGraphs(), place).split("\n")
    assert rows[5:11] == [
        "        with torch.no_grad():",
        "            for x, y in held_out:",
        '                note("""a',
        'text""")',
        "",
        "                outs.append(net(x))",
    ]


def test_without_torch_at_hand_no_decorator_is_written() -> None:
    assert "imported" in refused("def v(net, d):\n    return [net(x) for x in d]  # <-\n", WithoutGraphs())


def test_tabs_and_windows_ends_of_lines_are_kept_where_rows_come() -> None:
    source = "import torch\r\nfor e in r:\r\n\tnet(x).backward()\r\n\tout = net(v)  # <-\r\n"
    before, place = marked(source)
    assert edited(before, EvaluationMode(), place) == (
        "import torch\r\nfor e in r:\r\n\tnet(x).backward()\r\n\tnet.eval()\r\n\tout = net(v)\r\n\tnet.train()\r\n"
    )
