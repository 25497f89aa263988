"""The scoreboard as a page of Markdown, and its figures as one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.scoreboard.results import Result
from benchmarks.scoreboard.score import Marks, median_seconds, misled, outcome_of, outcomes

DOCTOR = "nndoctor"
HEAD = """\
# How nndoctor does on the ward

Made by `make scoreboard` at commit {commit}, torch {torch}, on {sick} sick and {healthy} healthy programs of
`tests/ward`{part}. Nobody edits this page.

Every program was examined as a user would do it: copied to a folder of its own, `nndoctor examine --json`, trials
of the cure included. "nndoctor" is scored by the order of its findings. Beside it, on the very same programs:

- **constant guess**: always {constant}, the most frequent causes of this ward.
- **curve only**: the loss curve's facts, by thresholds, give a shape; a shape means what it means most often in these
  very programs, health included. That is the best that a reader of such shapes could do, and more than is fair.
- **static only**: {checks} checks of the program's text and syntax trees, such as a missing `zero_grad`, a softmax
  before the cross entropy, an evaluation without `eval()`, data in their order. Some were sharpened on this ward.
"""
WORDS = """\
Shares are of the sick programs. Certain is what nndoctor confirms; of a baseline's causes the first is certain and the
others are suspicions.
"""
ROWS = (
    ("planted cause comes first (top 1)", "top_1"),
    ("… and is certain", "claimed_1"),
    ("among the first three (top 3)", "top_3"),
    ("first cause is of the right family", "family"),
    ("nothing certain in a sick program (undetermined)", "undetermined"),
    ("certain causes per healthy program (false alarms)", "confirmed_alarms"),
    ("suspected causes per healthy program", "suspected_alarms"),
)


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page tells: `marks` by who says it, and what the constant guess says."""

    results: Sequence[Result]
    marks: Mapping[str, Marks]
    guess: Sequence[str]
    checks: int
    commit: str
    torch: str
    part: str = ""
    skipped: Mapping[str, Sequence[str]] | None = None

    @property
    def ours(self) -> Marks:
        """The marks of nndoctor."""
        return self.marks[DOCTOR]


def page(board: Board) -> str:
    """The whole page."""
    head = HEAD.format(
        commit=board.commit,
        torch=board.torch,
        sick=board.ours.sick,
        healthy=board.ours.healthy,
        part=f", those that match `{board.part}`: a part, and no verdict on the whole" if board.part else "",
        constant=", ".join(f"`{rule}`" for rule in board.guess) or "nothing",
        checks=board.checks,
    )
    parts = (head, _summary(board), _cures(board), _rules(board), _lists(board))
    return "\n".join(part for part in parts if part)


def figures(board: Board) -> dict[str, object]:
    """The figures for the last line, as other benchmarks have it."""
    sick = [result for result in board.results if result.planted]
    told = outcomes(board.results)
    return {
        "figure": "scoreboard",
        "commit": board.commit,
        "sick": board.ours.sick,
        "healthy": board.ours.healthy,
        "skipped": len(board.skipped or {}),
        **{name: _round(getattr(board.ours, name)) for _, name in ROWS},
        "cured": _round(told["cured"] / len(sick)) if sick else None,
        "median_seconds": median_seconds(board.results),
        "baselines": {name: _round(marks.top_1) for name, marks in board.marks.items() if name != DOCTOR},
    }


def _summary(board: Board) -> str:
    names = list(board.marks)
    rows = [[words, *(_number(getattr(board.marks[name], field), field) for name in names)] for words, field in ROWS]
    times = {
        "sick": median_seconds([result for result in board.results if result.planted]),
        "healthy": median_seconds([result for result in board.results if not result.planted]),
    }
    took = ", ".join(f"{seconds:.0f} s for a {who} program" for who, seconds in times.items() if seconds is not None)
    return f"{WORDS}\n{_table(['', *names], rows)}\nMedian time of the whole command: {took}.\n"


def _cures(board: Board) -> str:
    told, sick = outcomes(board.results), board.ours.sick
    rows = [[outcome, str(count), _percent(count / sick)] for outcome, count in told.items() if sick]
    wrong = misled(board.results)
    return (
        "## Cures\n\nWhat the trial of the first finding's cure came to, in sick programs. Cured: the symptoms are\n"
        "gone with the treatment, and not gone with another seed or another change.\n\n"
        + _table(["trial", "programs", "share"], rows)
        + f"\nOf the cured, {wrong} had another first finding than the planted cause.\n"
    )


def _rules(board: Board) -> str:
    rows = []
    for rule, told in board.ours.rules.items():
        cured = sum(outcome_of(one) == "cured" for one in board.results if one.planted == rule)
        numbers = [_percent(told.precision), _percent(told.recall), str(cured)]
        others = [
            _percent(marks.rules[rule].recall) if rule in marks.rules else "–"
            for name, marks in board.marks.items()
            if name != DOCTOR
        ]
        rows.append([f"`{rule}`", str(told.planted), *numbers, *others])
    heads = ["cause", "planted", "precision", "recall", "cured"]
    heads += [f"recall, {name}" for name in board.marks if name != DOCTOR]
    return "## By cause\n\nA cause counts as said of a program where it comes first and is certain.\n\n" + _table(
        heads, rows
    )


def _lists(board: Board) -> str:
    sick = [result for result in board.results if result.planted]
    missed = [
        f"`{one.program}`: {_first(one)}" for one in sick if [said.rule for said in one.findings[:1]] != [one.planted]
    ]
    uncured = [
        f"`{one.program}`: {outcome_of(one)}{_note(one)}" for one in sick if outcome_of(one) != "cured" and one.findings
    ]
    alarms = [
        f"`{one.program}`: {', '.join(f'`{said.rule}` ({said.status})' for said in one.findings)}"
        for one in board.results
        if not one.planted and one.findings
    ]
    failed = [f"`{one.program}`: {' '.join(one.failure.split())[:160]}" for one in board.results if one.failure]
    skipped = [f"`{name}`: needs {', '.join(words)}" for name, words in (board.skipped or {}).items()]
    titled = {
        "Missed": missed,
        "Found, and not cured": uncured,
        "Said of healthy programs": alarms,
        "Not examined to the end": failed,
        "Skipped for want of a library": skipped,
    }
    return "\n".join(
        f"## {title}\n\n" + "".join(f"- {one}\n" for one in rows) for title, rows in titled.items() if rows
    )


def _first(result: Result) -> str:
    return (
        f"first said is `{result.findings[0].rule}`, {result.findings[0].status}" if result.findings else "nothing said"
    )


def _note(result: Result) -> str:
    note = " ".join(result.findings[0].note.split())
    return f" ({note[:200]})" if note else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown: the first column is words, the others are numbers."""
    ruler = ["---", *("---:" for _ in heads[1:])]
    return "".join(f"| {' | '.join(row)} |\n" for row in (heads, ruler, *rows))


def _number(value: float | None, field: str) -> str:
    if field.endswith("_alarms"):
        return "–" if value is None else f"{value:.2f}"
    return _percent(value)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
