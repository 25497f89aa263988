"""The scoreboard: its arithmetic on recorded results, what its baselines read, and what a run keeps."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scoreboard import curve_only, static_only
from benchmarks.scoreboard.page import Board, figures, page
from benchmarks.scoreboard.results import Result, Said, key_of, planted, result_in, results_in, told_in
from benchmarks.scoreboard.runs import Ward, missing_for
from benchmarks.scoreboard.score import (
    OfRule,
    Saying,
    constant,
    marks,
    median_seconds,
    misled,
    outcomes,
    said_by,
)
from tests.admission import HEALTHY, RULES, SICK

SOFTMAX, RATE, FROZEN = "loss/softmax-before-cross-entropy", "optimization/learning-rate-too-high", "gradients/frozen"
FALLS = {"start": 2.0, "end": 0.2, "end_over_start": 0.1, "falls": True, "relative_drop": 0.9, "is_yardstick": True}
FLAT = {"start": 2.0, "end": 2.0, "end_over_start": 1.0, "falls": False, "relative_drop": 0.0, "is_yardstick": True}


def result(program: str, cause: str, *said: Said, seconds: float = 10.0) -> Result:
    return Result(program, cause, key=program, seconds=seconds, findings=said, curve=FLAT if cause else FALLS)


RECORDED = [
    result("a/sick", SOFTMAX, Said(SOFTMAX, "confirmed", "cured")),
    result("b/sick", SOFTMAX, Said(RATE, "confirmed", "cured"), Said(SOFTMAX, "confirmed"), seconds=30.0),
    result("c/sick", RATE, Said(RATE, "suspected", "unchanged", "the loss is lower by 0")),
    result("d/sick", FROZEN, seconds=20.0),
    result("a/healthy", ""),
    result("b/healthy", "", Said(SOFTMAX, "confirmed", "worse"), Said(RATE, "suspected")),
]


def test_the_first_and_the_first_three_causes_are_counted_over_sick_programs() -> None:
    told = marks([one.planted for one in RECORDED], [said_by(one) for one in RECORDED])
    assert (told.sick, told.healthy) == (4, 2)
    assert told.top_1 == 2 / 4  # a, and c although only suspected
    assert told.claimed_1 == 1 / 4
    assert told.top_3 == 3 / 4
    assert told.family == 2 / 4
    assert told.undetermined == 2 / 4  # c is only suspected, of d nothing is said


def test_alarms_are_counted_over_healthy_programs() -> None:
    told = marks([one.planted for one in RECORDED], [said_by(one) for one in RECORDED])
    assert (told.confirmed_alarms, told.suspected_alarms) == (1 / 2, 1 / 2)


def test_precision_is_of_claims_and_recall_of_plantings() -> None:
    rules = marks([one.planted for one in RECORDED], [said_by(one) for one in RECORDED]).rules
    assert rules[SOFTMAX] == OfRule(planted=2, claimed=2, both=1)  # claimed of a, and of a healthy program
    assert (rules[SOFTMAX].precision, rules[SOFTMAX].recall) == (1 / 2, 1 / 2)
    assert (rules[RATE].precision, rules[RATE].recall) == (0.0, 0.0)  # claimed of b only, planted in c
    assert (rules[FROZEN].precision, rules[FROZEN].recall) == (None, 0.0)


def test_without_programs_there_are_no_shares() -> None:
    told = marks([], [])
    assert (told.top_1, told.confirmed_alarms, told.rules) == (None, None, {})


def test_a_confirmed_cause_behind_a_suspected_one_is_no_first_claim() -> None:
    saying = said_by(result("x/sick", RATE, Said(SOFTMAX, "suspected"), Said(RATE, "confirmed")))
    assert (saying.ranked, saying.certain, saying.claim) == ((SOFTMAX, RATE), (RATE,), "")


def test_each_sick_program_has_one_outcome_of_its_first_cure() -> None:
    told = outcomes(RECORDED)
    assert {name: count for name, count in told.items() if count} == {"cured": 2, "unchanged": 1, "nothing found": 1}
    assert sum(told.values()) == 4
    assert misled(RECORDED) == 1  # b was cured by another treatment than that of its cause
    untreated = result("e/sick", RATE, Said(RATE, "confirmed"))
    assert outcomes([untreated])["no treatment"] == 1


def test_the_median_is_of_the_programs_asked_for() -> None:
    assert median_seconds([one for one in RECORDED if one.planted]) == 15.0
    assert median_seconds([]) is None


def test_the_constant_guess_is_the_most_frequent_cause() -> None:
    guess = constant(["", RATE, SOFTMAX, "", "", SOFTMAX])
    assert (guess.ranked, guess.claim) == ((SOFTMAX, RATE), SOFTMAX)
    assert constant(["", ""]) == Saying()


@pytest.mark.parametrize(
    ("facts", "shape"),
    [
        ({}, "no curve"),
        (FALLS, "falls"),
        (FLAT, "flat"),
        ({**FLAT, "oscillation": 0.6}, "flat and rough"),
        ({"became_nonfinite": True, "rise_before_nonfinite": 40.0}, "rises to NaN"),
        ({"became_nonfinite": True}, "NaN at once"),
        ({**FLAT, "end_over_start": 9.0, "rise_over_noise": 20.0}, "rises"),
        ({**FALLS, "relative_drop": 0.04}, "hardly falls"),
        ({**FALLS, "late_share": 0.4}, "still falls"),
        ({**FALLS, "is_yardstick": False}, "no yardstick"),
    ],
)
def test_a_curve_has_a_shape(facts: dict[str, bool | float | str], shape: str) -> None:
    assert curve_only.shape(facts) == shape


def test_a_shape_means_what_it_means_most_often() -> None:
    flat = [replace(result(str(at), cause), curve=FLAT) for at, cause in enumerate((RATE, SOFTMAX, RATE, ""))]
    assert curve_only.sayings(flat) == [Saying((RATE, SOFTMAX), (RATE,))] * 4


def test_a_shape_that_is_mostly_health_claims_nothing() -> None:
    falling = [replace(result(str(at), cause), curve=FALLS) for at, cause in enumerate(("", "", RATE))]
    assert curve_only.sayings(falling) == [Saying()] * 3


LOOP = """
import torch
from torch import nn
from torch.utils.data import DataLoader
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
    def forward(self, x):
        return self.body(x)
net = Net()
loader = DataLoader(data, batch_size=8, shuffle=True)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    net.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    net.eval()
    with torch.no_grad():
        net(valid)
"""
SPOILT: dict[str, Callable[[str], str]] = {
    "loss/softmax-before-cross-entropy": lambda text: text.replace("self.body(x)", "self.body(x).softmax(-1)"),
    "gradients/not-zeroed": lambda text: text.replace("        optimizer.zero_grad()\n", ""),
    "optimization/step-missing-or-misordered": lambda text: text.replace("        optimizer.step()\n", ""),
    "gradients/zeroed-before-step": lambda text: text.replace(
        "        optimizer.step()\n", "        optimizer.zero_grad()\n        optimizer.step()\n"
    ).replace("        optimizer.zero_grad()\n        loss =", "        loss ="),
    "architecture/dimension-mismatch": lambda text: text.replace("Linear(16, 3)", "Linear(12, 3)"),
    "mode/train-not-restored": lambda text: text.replace("    net.train()\n", ""),
    "mode/eval-missing": lambda text: text.replace("    net.eval()\n", ""),
    "memory/graph-retained": lambda text: text.replace("loss.item()", "loss"),
    "memory/eval-without-no-grad": lambda text: text.replace("with torch.no_grad():", "if True:"),
    "optimization/learning-rate-too-high": lambda text: text.replace("lr=1e-3", "lr=0.5"),
    "optimization/learning-rate-too-low": lambda text: text.replace("lr=1e-3", "lr=1e-7"),
    "data/not-shuffled": lambda text: text.replace(", shuffle=True", ""),
    "architecture/dead-relu": lambda text: text.replace("nn.Linear(16, 3))", "nn.Linear(16, 3), nn.ReLU())"),
    "loss/wrong-sign": lambda text: text.replace("loss = criterion", "loss = -criterion"),
    "loss/nondifferentiable-path": lambda text: text.replace("criterion(net(x), y)", "criterion(net(x).round(), y)"),
    "architecture/unregistered-submodule": lambda text: text.replace("nn.Sequential(", "[").replace("3))", "3)]"),
    "mode/batchnorm-small-batch": lambda text: text.replace("Dropout(0.1)", "BatchNorm1d(16)").replace("=8", "=2"),
    "fine-tuning/no-trainable-params": lambda text: text.replace(
        "loader = ", "for p in net.parameters():\n    p.requires_grad = False\nloader = "
    ),
    "gradients/detached-subgraph": lambda text: text.replace("self.body(x)", "self.body(x.detach())"),
}


def test_the_static_baseline_says_nothing_of_a_sound_loop() -> None:
    assert static_only.saying([LOOP]) == Saying()


@pytest.mark.parametrize("cause", SPOILT)
def test_the_static_baseline_knows_the_mistakes_that_text_shows(cause: str) -> None:
    spoilt = SPOILT[cause](LOOP)
    assert spoilt != LOOP
    assert static_only.saying([spoilt]).claim == cause


def test_the_static_baseline_names_rules_that_are_written() -> None:
    assert [rule for rule, _ in static_only.CHECKS if not (RULES / f"{rule}.yaml").is_file()] == []


def test_the_static_baseline_follows_numbers_by_name_and_takes_what_is_no_python() -> None:
    named = LOOP.replace("lr=1e-3", "lr=RATE").replace("net = Net()", "RATE = 3.0\nnet = Net()")
    assert static_only.saying([named, "not python:"]).claim == RATE


def test_a_report_is_read_with_its_trials_and_its_curve() -> None:
    trial = {"outcome": "cured", "note": "the loss is lower by 1"}
    report = {
        "findings": [
            {"rule": SOFTMAX, "status": "confirmed", "trial": trial},
            {"rule": RATE, "status": "suspected", "trial": None},
        ],
        "probes": [{"id": "loss_at_init", "facts": {"value": 1.0}}, {"id": "loss_curve", "facts": FLAT}],
    }
    said, curve = told_in(json.dumps(report))
    assert said == (Said(SOFTMAX, "confirmed", "cured", "the loss is lower by 1"), Said(RATE, "suspected"))
    assert curve == FLAT


def test_results_are_kept_by_the_line_and_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    assert list(results_in(kept)) == []
    lines = [one.line() for one in RECORDED]
    kept.write_text("\n".join([*lines, lines[0][:40]]), encoding="utf-8")
    assert list(results_in(kept)) == RECORDED
    assert result_in(lines[1]) == RECORDED[1]


def test_a_program_is_known_by_what_it_consists_of(tmp_path: Path) -> None:
    program = tmp_path / "sick.py"
    program.write_text("import torch\n")
    before = key_of(program)
    assert key_of(program) == before
    program.write_text("import torch  # and more\n")
    assert key_of(program) != before


def test_the_healthy_twin_of_a_disease_has_nothing_planted() -> None:
    assert all((RULES / f"{planted(path)}.yaml").is_file() for path in SICK)
    assert [path for path in HEALTHY if planted(path)] == []


def test_a_program_is_skipped_for_what_it_imports_whatever_happens(tmp_path: Path) -> None:
    program = tmp_path / "not_to_be_had" / "sick"  # what holds it is no module of its own
    program.mkdir(parents=True)
    (program / "run.txt").write_text("main.py")
    (program / "own.py").write_text("import json\n")
    (program / "main.py").write_text(
        textwrap.dedent("""
        import own
        import not_to_be_had.at_all
        try:
            import not_needed
        except ImportError:
            not_needed = None
        """)
    )
    assert missing_for(program) == ["not_to_be_had"]


def test_a_run_that_ended_starts_no_program() -> None:
    ward = Ward("abc")
    coming = ward.results([], 1)
    assert list(coming) == []
    assert ward._result(SICK[0]) is None


def board() -> Board:
    planted_causes = [one.planted for one in RECORDED]
    said = {"nndoctor": [said_by(one) for one in RECORDED], "constant guess": [constant(planted_causes)] * 6}
    return Board(
        results=RECORDED,
        marks={name: marks(planted_causes, sayings) for name, sayings in said.items()},
        guess=(SOFTMAX,),
        checks=3,
        commit="abc1234",
        torch="2.0",
        part="x/*",
        skipped={"styles/z/sick": ["zlib9"]},
    )


def test_the_page_tells_the_commit_the_shares_the_misses_and_what_was_skipped() -> None:
    told = page(board())
    assert "at commit abc1234" in told
    assert "those that match `x/*`" in told
    assert "| planted cause comes first (top 1) | 50 % | 50 % |" in told
    assert "| certain causes per healthy program (false alarms) | 0.50 | 1.00 |" in told
    assert f"- `b/sick`: first said is `{RATE}`, confirmed" in told
    assert "- `c/sick`: unchanged (the loss is lower by 0)" in told
    assert "- `d/sick`: nothing said" in told
    assert "- `styles/z/sick`: needs zlib9" in told


def test_the_figures_are_those_of_the_page() -> None:
    told = figures(board())
    assert told["figure"] == "scoreboard"
    assert (told["sick"], told["healthy"], told["skipped"]) == (4, 2, 1)
    assert (told["top_1"], told["cured"], told["median_seconds"]) == (0.5, 0.5, 10.0)
    assert told["baselines"] == {"constant guess": 0.5}
