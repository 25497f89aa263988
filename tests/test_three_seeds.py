"""Seeds are raised where they are written, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.three_seeds import NOTHING, Verdicts, figure, has_seed, shifted, spread


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("torch.manual_seed(0)", "torch.manual_seed(2)"),
        ("g = torch.Generator().manual_seed(99)  # 99", "g = torch.Generator().manual_seed(101)  # 99"),
        ("rng = np.random.default_rng(seed=7)", "rng = np.random.default_rng(seed=9)"),
        ("np.random.seed(1); random.seed(8)", "np.random.seed(3); random.seed(10)"),
        ("rng = random.Random(12)", "rng = random.Random(14)"),
        ("L.seed_everything(3, workers=True)", "L.seed_everything(5, workers=True)"),
        ("set_seed(\n    5,\n)\n", "set_seed(\n    7,\n)\n"),
        ("s = 'é'; torch.manual_seed(1)", "s = 'é'; torch.manual_seed(3)"),
        ("torch.manual_seed(1) or np.random.default_rng(9)", "torch.manual_seed(3) or np.random.default_rng(11)"),
        ("torch.manual_seed(SEED)", "torch.manual_seed(SEED)"),
        ("garden.seed(4); torch.manual_seed(True)", "garden.seed(4); torch.manual_seed(True)"),
        ("x = 1\r\ntorch.manual_seed(1)\r\n", "x = 1\r\ntorch.manual_seed(3)\r\n"),
    ],
)
def test_literal_seeds_are_raised_and_the_layout_stays(before: str, after: str) -> None:
    assert shifted(before, 2) == after
    assert shifted(before, 0) == before


def test_a_program_without_a_written_seed_is_told(tmp_path: Path) -> None:
    program = tmp_path / "sick.py"
    program.write_text("import torch\ntorch.manual_seed(0)\n")
    assert has_seed(program)
    program.write_text("import torch\n")
    assert not has_seed(program)


def test_a_choice_is_spread_from_first_to_last() -> None:
    programs = [Path(str(number)) for number in range(10)]
    assert [path.name for path in spread(programs, 3)] == ["0", "3", "6"]
    assert spread(programs[:2], 5) == programs[:2]
    assert spread([], 5) == []


def test_the_figure_counts_what_holds() -> None:
    told = [
        Verdicts("a/sick", "x/y", said=("x/y",) * 3),
        Verdicts("b/sick", "x/y", said=("x/y", NOTHING, "x/y")),
        Verdicts("c/healthy", NOTHING, said=(NOTHING,) * 3),
        Verdicts("d/sick", "x/y", said=(NOTHING,) * 3),
    ]
    row = figure(told)
    assert (row["ratio"], row["sick"], row["healthy"], row["changed"]) == (0.75, [2, 3], [1, 1], ["b/sick"])
    assert row["right"] == 2
