"""Training data that are waited for: kept where they are the same each time, made by workers where not."""

from __future__ import annotations

import pytest

from tests.test_steering import Treat, treat

__all__ = ["treat"]  # the fixture


WAITING = """
import os
from torch.utils.data import DataLoader, Dataset, IterableDataset
torch.manual_seed(0)
made, here = [], os.getpid()
class Data(Dataset):
    def __len__(self): return 8
    def __getitem__(self, i):
        made.append(i)
        return torch.tensor([float(i), float(os.getpid() != here), float(DRAW)])
class Stream(IterableDataset):
    def __iter__(self): return iter(map(Data().__getitem__, range(8)))
loader = DataLoader(KIND(), batch_size=4, OPTIONS)
net = nn.Linear(3, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
batches = []
for _ in range(3):
    for x in loader:
        batches.append(x.clone())
        IN_PLACE
        net(x).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
"""
EASED = {"intervention": "loading_eased", "workers": 2}


def program(kind: str = "Data", options: str = "shuffle=True", draw: str = "0", in_place: str = "pass") -> str:
    words = {"KIND": kind, "OPTIONS": options, "DRAW": draw, "IN_PLACE": in_place}
    text = WAITING
    for word, by in words.items():
        text = text.replace(word, by)
    return text


class TestLoadingEased:
    def test_what_is_the_same_each_time_is_made_once(self, treat: Treat) -> None:
        text = program() + "say(len(made), len(set(made)), [x[:, 0].tolist() for x in batches])"
        ((times, _, drawn),) = treat(text).said
        told = treat(text, EASED)
        ((times_then, samples, drawn_then),) = told.said
        # by one of them it was found to be so
        assert (times, samples, times_then) == (3 * 8, 8, 8 + 2)
        assert drawn_then == drawn
        assert told.losses == treat(text).losses
        assert told.applied == 3

    def test_what_the_loop_does_with_a_batch_does_not_come_back(self, treat: Treat) -> None:
        text = program(options="collate_fn=lambda samples: samples[0]", in_place="x.add_(100)")
        text += "say([x.tolist() for x in batches])"
        told = treat(text, EASED)
        assert told.applied == 3
        assert told.said == treat(text).said

    @pytest.mark.parametrize("order", ["[5, 5, 5, 5]", "[]"])
    def test_an_order_of_the_script_s_own_is_kept(self, treat: Treat, order: str) -> None:
        own = "class Own(torch.utils.data.Sampler):\n    def __iter__(self): return iter(ORDER)\nloader ="
        text = program(options="sampler=Own()").replace("loader =", own.replace("ORDER", order), 1)
        text += "say([x.tolist() for x in batches])"
        told = treat(text, EASED)
        assert (told.said, told.error) == (treat(text).said, "")

    @pytest.mark.parametrize("draw", ["torch.rand(())", "__import__('random').random() > 0.5"])
    def test_what_is_drawn_anew_is_made_by_workers(self, treat: Treat, draw: str) -> None:
        text = (
            program(draw=draw)
            + """
import multiprocessing
loader_now = loader.num_workers, loader.prefetch_factor, len(multiprocessing.active_children())
say(sorted(float(i) for x in batches[:2] for i in x[:, 0]), min(float(x[:, 1].min()) for x in batches), loader_now)
"""
        )
        told = treat(text, EASED)
        assert told.said == [[list(map(float, range(8))), 1.0, [0, None, 0]]]
        assert told.applied == 3
        assert told.error == ""

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"kind": "Stream", "options": "num_workers=0"}, "each worker would give all samples"),
            ({"options": "num_workers=2"}, "the loader has 2 worker processes already"),
        ],
    )
    def test_others_stay_as_they_are(self, treat: Treat, changed: dict[str, str], why: str) -> None:
        text = program(**changed) + "say([x.tolist() for x in batches])"
        told = treat(text, EASED)
        assert told.applied == 0
        assert told.why.startswith(why)
        assert told.said == treat(text).said

    def test_evaluations_wait_as_before(self, treat: Treat) -> None:
        text = (
            program()
            + """
with torch.no_grad():
    before = len(made)
    for x in loader: net(x)
say(len(made) - before)
"""
        )
        assert treat(text, EASED).said == [[8]]
