"""Calls taken out or replaced, in the styles in which people write them; and what is refused."""

from __future__ import annotations

import pytest

from nndoctor.case import Place
from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import RemoveCall, RemoveSeeding, ReplaceCall, ScaleLearningRate, SetArgument
from tests.editing import changed, marked

SOFTMAX = RemoveCall("softmax")
SIGMOID = RemoveCall("sigmoid")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("return F.softmax(self.fc(x), dim=1)", "return self.fc(x)"),
        ("return torch.softmax(self.fc(x), 1)  # probabilities", "return self.fc(x)  # probabilities"),
        ("return torch.nn.functional.softmax(input=x, dim=1)", "return x"),
        ("return self.fc(x).softmax(dim=-1)", "return self.fc(x)"),
        ("return (x @ self.w + self.b).softmax(-1)", "return x @ self.w + self.b"),
        ("return 2 * torch.softmax(x + y, dim=1)", "return 2 * (x + y)"),
        ("return torch.softmax(x + y, dim=1).mean()", "return (x + y).mean()"),
        ("loss = criterion(F.softmax(net(x), dim=1), y)", "loss = criterion(net(x), y)"),
        ("return nn.Softmax(dim=1)(x)", "return x"),
        ("return { 'a' : F.softmax( x , dim = 1 ) }", "return { 'a' : x }"),
    ],
)
def test_a_softmax_is_taken_out_of_an_expression(written: str, left: str) -> None:
    source = f"""
        import torch
        import torch.nn as nn, torch.nn.functional as F

        def forward(self, x, y):
            {written}  # <-
    """
    assert changed(source, SOFTMAX) == [f"-    {written}", f"+    {left}"]


def test_a_name_imported_alone_is_known() -> None:
    source = """
        from torch.nn.functional import softmax as soft, cross_entropy
        loss = cross_entropy(soft(net(x), 1), y)  # <-
    """
    assert changed(source, SOFTMAX)[1] == "+loss = cross_entropy(net(x), y)"


def test_an_assignment_of_itself_goes_as_a_whole() -> None:
    source = """
        import torch
        def forward(x):
            scores = head(x)
            scores = torch.softmax(scores, dim=1)  # <-
            return scores
    """
    assert changed(source, SOFTMAX) == ["-    scores = torch.softmax(scores, dim=1)"]


def test_a_module_of_the_class_is_followed() -> None:
    source = """
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.act: nn.Module = nn.Softmax(dim=1)
                self.fc = nn.Linear(2, 3)
            def forward(self, x):
                return self.act(self.fc(x))  # <-
    """
    assert changed(source, SOFTMAX) == [
        "-        return self.act(self.fc(x))",
        "+        return self.fc(x)",
    ]


def test_the_last_element_of_a_container_goes_with_its_row() -> None:
    source = """
        import torch.nn as nn
        class Net(nn.Module):
            def __init__(self):
                self.net = nn.Sequential(
                    nn.Linear(4, 8),
                    nn.ReLU(),  # not the last
                    nn.Linear(8, 3),
                    nn.Softmax(dim=1),  # classes
                )
            def forward(self, x):
                return self.net(x)  # <-
    """
    assert changed(source, SOFTMAX) == ["-            nn.Softmax(dim=1),  # classes"]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))", "nn.Sequential(nn.Linear(4, 3))"),
        ("nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1),)", "nn.Sequential(nn.Linear(4, 3),)"),
        ("nn.Sequential(body, nn.Sequential(nn.ReLU(), nn.Softmax(1))).to('cpu')",
         "nn.Sequential(body, nn.Sequential(nn.ReLU())).to('cpu')"),
    ],
)  # fmt: skip
def test_a_container_on_one_row_loses_its_last_element(written: str, left: str) -> None:
    source = f"""
        import torch.nn as nn
        model = {written}
        for x, y in data:
            loss = criterion(model(x), y)  # <-
    """
    assert changed(source, SOFTMAX) == [f"-model = {written}", f"+model = {left}"]


def test_a_model_that_a_function_is_handed_is_followed_to_where_it_was_made() -> None:
    source = """
        import torch
        def build():
            return torch.nn.Sequential(
                torch.nn.Linear(2, 1),
                torch.nn.Sigmoid()
            )
        def train(net, batches):
            for x, y in batches:
                loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x), y)  # <-
        def main():
            model = build()
            train(model, [])
    """
    assert sorted(changed(source, SIGMOID)) == [
        "+        torch.nn.Linear(2, 1)",
        "-        torch.nn.Linear(2, 1),",
        "-        torch.nn.Sigmoid()",
    ]


def test_windows_ends_of_lines_and_tabs_are_kept() -> None:
    source = "import torch\r\ndef f(x):\r\n\treturn torch.softmax(x,\tdim = 1) # p\r\n"
    place = Place("a.py", 3, "return torch.softmax(x,\tdim = 1) # p")
    assert edited(source, SOFTMAX, place) == "import torch\r\ndef f(x):\r\n\treturn x # p\r\n"


def test_letters_beyond_ascii_before_the_call_do_not_shift_it() -> None:
    source = """
        import torch
        # 你好
        print("é≥", "模型", torch.sigmoid(x), "后")  # <-
    """
    assert changed(source, SIGMOID)[1] == '+print("é≥", "模型", x, "后")'


def test_a_call_over_several_rows_keeps_what_is_within() -> None:
    source = """
        import torch
        y = torch.sigmoid(  # <-
            head(a)
            + head(b)
        )
    """
    before, place = marked(source)
    assert edited(before, SIGMOID, place) == "import torch\ny = (head(a)\n    + head(b))\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import torch\ny = torch.softmax(a, 1), torch.softmax(b, 1)  # <-", "2 times"),
        ("y = net(x)  # <-", "no call of softmax"),
        ("from mine import softmax\ny = softmax(x)  # <-", "no call of softmax"),
        ("import torch\ny = torch.log_softmax(x, 1)  # <-", "no call of softmax"),
        ("import torch\ny = torch.softmax(*both)  # <-", "no call of softmax"),
        ("from torch import *\ny = functional.softmax(x, 1)  # <-", "no call of softmax"),
        ("import torch.nn as nn\nm = nn.Sequential(nn.Softmax(1))\nm(x)  # <-", "empty"),
    ],
)
def test_what_is_not_exactly_one_call_is_refused(source: str, reason: str) -> None:
    before, place = marked(source)
    with pytest.raises(CannotEdit, match=reason):
        edited(before, SOFTMAX, place)


def test_a_file_that_has_changed_since_is_refused() -> None:
    with pytest.raises(CannotEdit, match="not what it was"):
        edited("import torch\ny = torch.softmax(x, 1)\n", SOFTMAX, Place("a.py", 2, "y = torch.softmax(z, 1)"))
    with pytest.raises(CannotEdit, match="no line 9"):
        edited("x = 1\n", SOFTMAX, Place("a.py", 9, "y"))


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(CannotEdit, match="can't be read as Python"):
        edited("print 'x'\n", SOFTMAX, Place("a.py", 1))


def test_a_detach_and_a_data_are_taken_out() -> None:
    assert changed("h = (a + b).detach() * w  # <-", RemoveCall("detach"))[1] == "+h = (a + b) * w"
    assert changed("h = enc(x).data  # <-", RemoveCall("data"))[1] == "+h = enc(x)"


def test_a_gans_fakes_are_detached_for_its_critic_alone() -> None:
    source = """
        for x in data:
            fake = g(z).detach()  # <-
            loss_d = crit(d(x), ones) + crit(d(fake), zeros)
            loss_d.backward()
            loss_g = crit(d(fake), ones)
            loss_g.backward()
    """
    assert sorted(changed(source, RemoveCall("detach"))) == [
        "+    fake = g(z)",
        "+    loss_d = crit(d(x), ones) + crit(d(fake.detach()), zeros)",
        "-    fake = g(z).detach()",
        "-    loss_d = crit(d(x), ones) + crit(d(fake), zeros)",
    ]


def test_a_detach_that_something_else_needs_stays() -> None:
    before, place = marked("h = enc(x)\ny = torch.from_numpy(h.detach().numpy().max(axis=1))  # <-")
    with pytest.raises(CannotEdit, match="leaves torch by numpy"):
        edited(before, RemoveCall("detach"), place)


@pytest.mark.parametrize(
    ("source", "row"),
    [
        ("import torch.nn.functional as F\nloss = F.nll_loss(net(x), y, weight=w)  # <-",
         "+loss = F.cross_entropy(net(x), y, weight=w)"),
        ("from torch import nn\nlossf = nn.NLLLoss(ignore_index=0)\nloss = lossf(out, y)  # <-",
         "+lossf = nn.CrossEntropyLoss(ignore_index=0)"),
        ("import torch.nn as nn\nfrom torch.nn import NLLLoss\nlossf = NLLLoss()\nloss = lossf(out, y)  # <-",
         "+lossf = nn.CrossEntropyLoss()"),
    ],
)  # fmt: skip
def test_a_loss_is_replaced_where_it_was_made(source: str, row: str) -> None:
    assert changed(source, ReplaceCall("nll_loss", "cross_entropy"))[1] == row


def test_a_loss_of_the_object_is_replaced_in_its_class() -> None:
    source = """
        import torch
        class Trainer:
            def __init__(self, model):
                self.criterion = torch.nn.BCELoss(reduction="sum").to("cpu")
            def step(self, x, y):
                return self.criterion(self.model(x), y)  # <-
    """
    edit = ReplaceCall("binary_cross_entropy", "binary_cross_entropy_with_logits")
    assert changed(source, edit)[1] == '+        self.criterion = torch.nn.BCEWithLogitsLoss(reduction="sum").to("cpu")'


def test_what_would_need_another_import_is_refused() -> None:
    before, place = marked("from torch.nn.functional import nll_loss\nloss = nll_loss(net(x), y)  # <-")
    with pytest.raises(CannotEdit, match="imported"):
        edited(before, ReplaceCall("nll_loss", "cross_entropy"), place)


SHUFFLE = SetArgument("DataLoader", "shuffle", True)


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("DataLoader(data, batch_size=8)", "DataLoader(data, batch_size=8, shuffle=True)"),
        ("DataLoader(data, batch_size=8, shuffle = False)", "DataLoader(data, batch_size=8, shuffle = True)"),
        ("DataLoader(data, 8,)", "DataLoader(data, 8, shuffle=True)"),
        ("DataLoader(data, batch_size=(8))", "DataLoader(data, batch_size=(8), shuffle=True)"),
    ],
)
def test_a_loader_is_shuffled_where_it_was_made(written: str, row: str) -> None:
    source = f"""
        from torch.utils.data import DataLoader
        train = {written}
        for epoch in range(3):
            for x, y in train:  # <-
                pass
    """
    assert changed(source, SHUFFLE) == [f"-train = {written}", f"+train = {row}"]


def test_an_argument_gets_a_row_of_its_own_where_the_others_have_one() -> None:
    source = """
        import torch.utils.data as tud
        class Trainer:
            def __init__(self):
                self.loader = tud.DataLoader(
                    dataset,
                    batch_size=8,  # small
                )
            def fit(self):
                for i, (x, y) in enumerate(self.loader):  # <-
                    pass
    """
    assert changed(source, SHUFFLE) == ["+            shuffle=True,"]


def test_loaders_that_a_framework_hands_back_are_followed() -> None:
    source = """
        from torch.utils.data import DataLoader
        def main():
            loader = DataLoader(d, 8)
            model, loader = accelerator.prepare(model, loader)
            for batch in loader:  # <-
                pass
    """
    assert changed(source, SHUFFLE)[1] == "+    loader = DataLoader(d, 8, shuffle=True)"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("DataLoader(data, sampler=s)", "sampler"),
        ("DataLoader(data, **options)", "unpacked"),
        ("DataLoader(data, shuffle=True)", "already"),
        ("make_loader(data)", "no calls of DataLoader"),
    ],
)
def test_a_loader_that_can_not_be_shuffled_is_left(written: str, reason: str) -> None:
    before, place = marked(f"from torch.utils.data import DataLoader\nl = {written}\nfor b in l:  # <-\n    pass")
    with pytest.raises(CannotEdit, match=reason):
        edited(before, SHUFFLE, place)


def test_a_value_that_was_measured_is_written_as_a_whole_number() -> None:
    source = "import torch\nc = torch.nn.CrossEntropyLoss()\nloss = c(out, y)  # <-"
    edit = SetArgument("CrossEntropyLoss", "ignore_index", 255.0)
    assert changed(source, edit)[1] == "+c = torch.nn.CrossEntropyLoss(ignore_index=255)"


def test_a_loss_that_a_model_was_compiled_with_is_found() -> None:
    source = """
        import keras
        model = keras.Sequential([keras.layers.Dense(3)])
        model.compile(
            optimizer="adam",
            loss=keras.losses.SparseCategoricalCrossentropy(),
        )
        model.fit(x, y)  # <-
    """
    edit = SetArgument("SparseCategoricalCrossentropy", "from_logits", value=True)
    assert changed(source, edit)[1] == "+    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("opt = torch.optim.Adam(net.parameters(), lr=0.1)  # <-", "opt = torch.optim.Adam(net.parameters(), lr=0.01)"),
        ("opt = torch.optim.SGD(net.parameters(), 1e-1)  # <-", "opt = torch.optim.SGD(net.parameters(), 0.01)"),
        ("LR = 2.5\nopt = torch.optim.SGD(ps, lr=LR)  # <-", "LR = 0.25"),
        ("opt = torch.optim.SGD(ps, lr=base / 2)  # <-", "opt = torch.optim.SGD(ps, lr=(base / 2) * 0.1)"),
        ("opt = torch.optim.SGD(ps, lr=config['lr'])  # <-", "opt = torch.optim.SGD(ps, lr=config['lr'] * 0.1)"),
        (
            "p.add_argument('--lr', type=float, default=0.1)\nargs = p.parse_args()\n"
            "opt = torch.optim.SGD(ps, lr=args.lr)  # <-",
            "p.add_argument('--lr', type=float, default=0.01)",
        ),
        (
            "@dataclass\nclass Config:\n    lr: float = 0.5\nc = Config()\nopt = torch.optim.SGD(ps, lr=c.lr)  # <-",
            "    lr: float = 0.05",
        ),
    ],
)
def test_a_learning_rate_is_scaled_where_its_number_stands(before: str, after: str) -> None:
    assert changed(f"import torch\n{before}", ScaleLearningRate(0.1))[1] == f"+{after}"


def test_a_rate_that_a_trainer_was_given_is_found() -> None:
    hugging = """
        from transformers import Trainer, TrainingArguments
        settings = TrainingArguments(output_dir="x", learning_rate=0.3, warmup_steps=10)
        trainer = Trainer(model=net, args=settings)
        trainer.train()  # <-
    """
    assert "learning_rate=0.03, " in changed(hugging, ScaleLearningRate(0.1))[1]
    keras = """
        import keras
        model = keras.Sequential([])
        model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mse")
        model.fit(x, y, epochs=3)  # <-
    """
    assert "Adam(learning_rate=0.001)" in changed(keras, ScaleLearningRate(0.01))[1]


@pytest.mark.parametrize(
    "written",
    [
        "torch.optim.Adam(net.parameters())",
        "torch.optim.Adam([{'params': a, 'lr': 0.1}, {'params': b, 'lr': 0.2}])",
    ],
)
def test_no_rate_and_several_rates_are_refused(written: str) -> None:
    before, place = marked(f"import torch\nopt = {written}  # <-")
    with pytest.raises(CannotEdit, match="learning rates"):
        edited(before, ScaleLearningRate(0.1), place)


def test_a_seed_set_anew_goes_with_its_row() -> None:
    source = """
        import numpy as np
        def batch():
            np.random.seed(0)  # <-
            return draw()
    """
    assert changed(source, RemoveSeeding()) == ["-    np.random.seed(0)"]
    before, place = marked("import torch\ng = torch.manual_seed(1)  # <-")
    with pytest.raises(CannotEdit, match="more than"):
        edited(before, RemoveSeeding(), place)


def test_the_only_statement_of_a_block_leaves_pass() -> None:
    source = """
        import random
        def again():
            random.seed(1)  # <-
    """
    assert changed(source, RemoveSeeding())[1] == "+    pass"
