"""Workers of a loader that begin with the same generator, parted; and those that are apart already, left alone."""

from __future__ import annotations

import pytest

from tests.test_steering import Treat, treat

__all__ = ["treat"]  # the fixture


NOISY = """
import numpy
from torch.utils.data import DataLoader, Dataset
class Noisy(Dataset):
    def __init__(self): self.own = OWN
    def __len__(self): return 8
    def __getitem__(self, i): return torch.tensor([float(i), float(self.own.DRAW)])
def init(worker): INIT
data = Noisy()
loader = DataLoader(data, batch_size=4, num_workers=2, worker_init_fn=init)
for _ in range(2):
    say(*[x[:, 1].tolist() for x in loader])
"""
NEW = "torch.utils.data.get_worker_info().dataset.own = numpy.random.default_rng(worker)"


class TestWorkersReseeded:
    @pytest.mark.parametrize(
        ("own", "draw"),
        [
            ("numpy.random.default_rng(0)", "normal()"),
            ("numpy.random.RandomState(0)", "normal()"),
            ("__import__('random').Random(0)", "random()"),
        ],
    )
    def test_workers_that_draw_alike_are_parted(self, treat: Treat, own: str, draw: str) -> None:
        program = NOISY.replace("OWN", own).replace("DRAW", draw).replace("INIT", "pass")
        (one, other), (again, _) = treat(program).said
        assert one == other == again
        told = treat(program, "workers_reseeded")
        (one, other), (again, _) = told.said
        assert one != other
        assert one != again
        assert told.applied == 2

    @pytest.mark.parametrize(
        ("own", "draw", "init"),
        [
            ("numpy.random.default_rng(0)", "normal()", NEW),  # seeded by the script
            ("numpy.random", "normal()", "pass"),  # by torch
            ("numpy.random.default_rng(0)", "bit_generator.state['has_uint32']", "pass"),  # nothing is drawn
        ],
    )
    def test_others_stay_as_they_are(self, treat: Treat, own: str, draw: str, init: str) -> None:
        program = NOISY.replace("OWN", own).replace("DRAW", draw).replace("INIT", init)
        told = treat(program, "workers_reseeded")
        assert told.applied == 0
        assert told.why.startswith("there was no loader with several workers")
        assert told.said == treat(program).said
