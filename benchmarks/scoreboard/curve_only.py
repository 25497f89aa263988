"""What the course of the training loss alone tells: a baseline that sees no model, no gradient and no code.

Thresholds sort each curve into a shape, as one reads curves by eye. What a shape means is not ours to choose: it is
what it means most often in this very ward, health included. That is the best that anybody could do who reads these
shapes, and more than is fair. (To leave out the program itself would be less than fair: of a few causes that are
equally frequent it would always be another one.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.scoreboard.results import Result
from benchmarks.scoreboard.score import Saying

Facts = Mapping[str, bool | float | str]
MOST = 3


def shape(facts: Facts) -> str:
    """The shape of a curve, from the facts of the probe `loss_curve`."""
    if not facts:
        return "no curve"
    if facts.get("became_nonfinite"):
        return "rises to NaN" if _number(facts, "rise_before_nonfinite") > 3 else "NaN at once"
    if "end" not in facts:
        return "too short"
    if not facts.get("is_yardstick", True):
        return "no yardstick"
    return _finite_shape(facts)


def _finite_shape(facts: Facts) -> str:
    rough, turned = _number(facts, "oscillation"), _number(facts, "rise_over_noise") > 3
    marks = {
        "rises": turned and _number(facts, "end_over_start", 1.0) > 1.5,
        "flat and rough": not facts.get("falls") and rough > 0.3,
        "flat": not facts.get("falls"),
        "falls and rises again": turned and _number(facts, "risen_share") > 0.3,
        "hardly falls": _number(facts, "relative_drop") < 0.1,
        "still falls": _number(facts, "late_share") > 0.2,
        "falls to what a blind guess has": _number(facts, "end_over_blind") > 0.9,
        "falls and is rough": rough > 0.5,
    }
    return next((name for name, seen in marks.items() if seen), "falls")


def sayings(results: Sequence[Result]) -> list[Saying]:
    """For each program the causes that curves of its shape have most often; none where that is health."""
    shapes = [shape(result.curve) for result in results]
    counted: dict[str, Counter[str]] = {}
    for own, result in zip(shapes, results, strict=True):
        counted.setdefault(own, Counter())[result.planted] += 1
    means = {own: _saying(causes) for own, causes in counted.items()}
    return [means[own] for own in shapes]


def _saying(causes: Counter[str]) -> Saying:
    """Health is "" among the causes: where it comes first, nothing is said."""
    ranked = sorted(causes, key=lambda cause: (-causes[cause], cause))
    said = tuple(cause for cause in ranked if cause)[:MOST]
    return Saying(said, said[:1]) if ranked[0] else Saying()


def _number(facts: Facts, name: str, default: float = 0.0) -> float:
    value = facts.get(name, default)
    return float(value) if isinstance(value, int | float) else default
