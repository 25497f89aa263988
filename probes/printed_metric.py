"""Is the accuracy that the script prints the one of its own predictions?

Every number that is printed again and again is held against what was counted when the script evaluated: how many
predictions were right, of how many samples, in how many batches. Numbers are known by their course over the
evaluations, to the last digit printed, never by the word beside them. Right predictions divided by the number of
batches (`correct / len(loader)` where `len(loader.dataset)` was meant), or shares of batches summed up and divided by
the number of samples, are no accuracy, and change with the batch size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nndoctor.evaluations import Evaluation, main_series
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Printed accuracy against the predictions", "zh": "打印的准确率与实际预测的对照"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "divided_by": {"kind": "label", "unit": "", "whole_epochs": True, "says": {
            "en": "what the right predictions are divided by in the number that is printed after each evaluation",
            "zh": "每次评估后打印的数值中，预测正确的样本数被除以了什么"},
            "labels": ("samples", "batches", "samples_and_batch_size", "none")},
        "accuracy": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of right predictions in the last evaluation, counted",
            "zh": "最后一次评估中实际统计的正确率"}, "whole_epochs": True},
        "printed": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the number that was printed for it", "zh": "为其打印的数值"}, "whole_epochs": True},
    },
}  # fmt: skip
FEWEST = 3
"""Evaluations, with as many different results."""
COARSE = 0.01
"""A number with an uncertainty of more than this share, by its last digit, could be any."""
HONEST_COARSE = 0.1
"""It takes less to believe that the accuracy itself is printed."""
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class _Count:
    """What was counted in one evaluation."""

    right: float
    samples: int
    batches: int

    def divided_by(self, divisor: str) -> float:
        share = self.right / self.samples
        if divisor == "samples":
            return share
        return self.right / self.batches if divisor == "batches" else share * self.batches / self.samples

    def honest(self) -> tuple[float, ...]:
        """What one may print as well."""
        share = self.right / self.samples
        return (self.right, self.samples - self.right, share, 1 - share, 100 * share, 100 * (1 - share))


def run(bench: Bench) -> Facts:
    """The course of every printed number against the counts of the evaluations."""
    trace, facts = bench.trace, Facts()
    if not any(one.evaluating for one in trace.passes):
        raise CannotMeasure("no outputs were seen that are only looked at")
    looks = [look for look in main_series(trace) if look.mean("accuracy") is not None]
    if len(looks) < FEWEST:
        return facts  # a part of a run does not tell yet
    found = _found(trace, [_counted(look) for look in looks]) if _by_sample(trace) else None
    facts.put("divided_by", found[0] if found else "none", *(look.place for look in looks[-1:]))
    if found:
        facts.put("accuracy", _counted(looks[-1]).divided_by("samples"), looks[-1].place)
        facts.put("printed", found[1])
    return facts


def _found(trace: Trace, counts: Sequence[_Count]) -> tuple[str, float] | None:
    """The divisor, and the last number printed; who prints the accuracy too is not led astray by what else there is."""
    for divisor in ("samples", "batches", "samples_and_batch_size"):
        for course in _courses(trace, len(counts)):
            if _follows(course, counts, divisor):
                return divisor, float(course[-1])
    return None


def _by_sample(trace: Trace) -> bool:
    """Not a prediction for each word or dot: the parts of a sample would be counted for samples."""
    targets = [call.target.shape for call in trace.losses if call.evaluating and call.accuracy is not None]
    rows = [batch.inputs[0].shape[0] for batch in trace.batches if batch.evaluating and batch.inputs[0].shape]
    return all(len(shape) == 1 and shape[0] <= max(rows, default=shape[0]) for shape in targets)


def _counted(look: Evaluation) -> _Count:
    samples, batches = look.samples, sum(one.calls for one in look.passes)
    return _Count((look.mean("accuracy") or 0.0) * samples, samples, batches)


def _courses(trace: Trace, length: int) -> Iterator[Sequence[str]]:
    """Each place of a line with numbers of so many lines; a line more, or a few, may be of a test at the end."""
    for lines in trace.printed:
        if len(lines.numbers) >= length and len({len(row) for row in lines.numbers}) == 1:
            yield from zip(*lines.numbers[:length], strict=True)


def _follows(course: Sequence[str], counts: Sequence[_Count], divisor: str) -> bool:
    if len(set(course)) < FEWEST or len({round(count.right) for count in counts}) < FEWEST:
        return False
    return any(
        all(
            _is(text, count, scale * count.divided_by(divisor), divisor)
            for text, count in zip(course, counts, strict=True)
        )
        for scale in (1, 100)
    )


def _is(text: str, count: _Count, wanted: float, divisor: str) -> bool:
    """Whether that is the number, to its last digit, and no other that one may print."""
    value, unit = float(text), _last_digit(text)
    coarse = HONEST_COARSE if divisor == "samples" else COARSE
    if unit > coarse * abs(value) or not _near(value, wanted, unit):
        return False
    if divisor == "samples":
        return True
    return 1 < count.batches < count.samples and not any(_near(value, other, unit) for other in count.honest())


def _near(value: float, wanted: float, unit: float) -> bool:
    return abs(value - wanted) <= max(unit, ROUNDING * abs(wanted))


def _last_digit(text: str) -> float:
    """What the last digit may be off by: one, for some cut and do not round."""
    digits, _, power = text.lower().partition("e")
    return float(10.0 ** max(-300, min(300, int(power or 0) - len(digits.partition(".")[2]))))
