"""How does the training loss run?

The loss of every backward pass is taken as it goes by. Of several trainings in one script the longest is judged. Its
start and its end are medians over a window, and each comes with its error, so that the noise of the batches is not
taken for progress. Where two nets are trained against each other, or a policy is trained on its own deeds, the loss
is no yardstick; the facts are given all the same, but say little.
"""

from nndoctor.case import Picture, Series
from nndoctor.curve import (
    Curve,
    Level,
    beginning,
    blind_loss,
    blocks,
    curves,
    level,
    loss_calls,
    main_curve,
    noise,
    scale_of,
    spread,
)
from nndoctor.learnt_before import stays_learnt, trained_before
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace
from nndoctor.yardstick import is_yardstick

CARD: Card = {
    "title": {"en": "Course of the loss", "zh": "损失曲线"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "steps": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes of the training", "zh": "训练中反向传播的次数"}},
        "trainings": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss curves seen in the run", "zh": "本次运行中的损失曲线数"}},
        "is_yardstick": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a lower loss means a better net (not so in a GAN or in reinforcement learning)",
            "zh": "损失越低模型越好（GAN 和强化学习除外）"}},
        "began_trained": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "most of the weights had been trained before, or were loaded",
            "zh": "大部分权重此前已训练过，或是加载的"}},
        "became_nonfinite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss became NaN or infinite", "zh": "损失变成 NaN 或无穷大"}},
        "first_nonfinite_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "first backward pass with a NaN or infinite loss", "zh": "首次出现 NaN 或无穷大损失的步数"}},
        "rise_before_nonfinite": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "highest of the last losses before the first NaN, over the loss at the start",
            "zh": "首个 NaN 之前的最高损失与起始损失之比"}},
        "start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the start", "zh": "起始损失"}},
        "end": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end", "zh": "最终损失"}},
        "relative_drop": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall from start to end, relative to the start", "zh": "损失的相对降幅"}},
        "drop_from_first": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall from the very first losses to the end, relative to those",
            "zh": "从最初几步到结束的损失降幅，相对于最初几步的损失"}},
        "fall_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall from start to end, in standard errors", "zh": "损失降幅与其标准误差之比"}},
        "falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends lower than it began, by more than 3 standard errors",
            "zh": "损失确有下降（超过 3 倍标准误差）"}},
        "late_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the fall that came in the last third; about 1/3 for an even slope",
            "zh": "最后三分之一训练所占的降幅；匀速下降时约为 1/3"}},
        "risen_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "rise from the lowest level to the end, relative to the fall before it",
            "zh": "从最低点回升的幅度，相对于此前的降幅"}},
        "rise_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "rise from the lowest level to the end, in standard errors",
            "zh": "从最低点回升的幅度与其标准误差之比"}},
        "end_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end over loss at the start, where both are positive",
            "zh": "最终损失与起始损失之比（两者均为正时）"}},
        "peak_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "highest level above the start, relative to the start", "zh": "最高点超出起始损失的相对幅度"}},
        "oscillation": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "spread of the losses in the last half, over their level", "zh": "后半程损失的波动与其水平之比"}},
        "end_over_blind": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end over that of the best prediction that ignores the input",
            "zh": "最终损失与“不看输入时的最优预测”之损失的比值"}},
    },
}  # fmt: skip
FIRST = 5
"""The very first losses: a long run's start, a fiftieth of it, may be when most was learnt already."""
FEWEST = 10
"""With fewer finite losses there is no start and no end to compare."""


def run(bench: Bench) -> Facts:
    """Start, end, lowest and highest level of the main curve, and where it stopped being finite."""
    trace = bench.trace
    curve = main_curve(trace)
    if curve is None:
        raise CannotMeasure("no backward pass was seen")
    facts = Facts()
    facts.put("steps", len(curve.steps), curve.place)
    facts.put("trainings", len(curves(trace)))
    facts.put("is_yardstick", is_yardstick(trace, curve))
    facts.put("began_trained", trained_before(trace, curve), curve.place)
    bad = _nonfinite(trace, curve)
    facts.put("became_nonfinite", bool(bad), curve.place, step=bad[0] if bad else None)
    finite = [loss for loss in curve.losses if loss is not None]
    first, last = beginning(curve), level(curve.losses[-max(5, len(curve.losses) // 10) :])
    if bad:
        facts.put("first_nonfinite_step", bad[0], curve.place, step=bad[0])
        sound = curve.until(bad[0])
        before = [(loss, step) for step, loss in zip(sound.steps, sound.losses, strict=True) if loss is not None]
        if before:
            highest, step = max(before[-5:])
            facts.put("rise_before_nonfinite", highest / (abs(before[0][0]) or 1.0), step=step)
    if len(finite) >= FEWEST and first is not None:
        last = last or level(finite[-FEWEST:])
        if last is not None:
            _course(facts, curve, first, last)
            blind = blind_loss(loss_calls(trace, curve))
            if stays_learnt(trace, curve, (first, last), blind):
                facts.put("is_yardstick", False)  # noqa: FBT003  # a fact
            if blind:
                facts.put("end_over_blind", last.value / blind, curve.place)
    facts.pictures.append(_picture(curve, bad))
    return facts


def _nonfinite(trace: Trace, curve: Curve) -> list[int]:
    """The iterations of this training, its opponents' too, whose loss was not finite."""
    within = range(curve.steps[0], curve.steps[-1] + 1)
    return [row.index for row in trace.iterations if row.loss is None and row.index in within]


def _course(facts: Facts, curve: Curve, first: Level, last: Level) -> None:
    finite = [loss for loss in curve.losses if loss is not None]
    scale = scale_of(curve, first)
    # the error of the start from the noise after it: a steep start is no reason to doubt that the loss falls
    after = noise(curve.losses[len(curve.losses) // 20 : max(FEWEST, len(curve.losses) // 4)])
    error = max((after**2 / first.finite + last.error**2) ** 0.5, 1e-9 * scale)
    fall = first.value - last.value
    facts.put("start", first.value, curve.place)
    facts.put("end", last.value, curve.place)
    facts.put("relative_drop", fall / scale, curve.place)
    untouched = level(curve.losses[:FIRST])
    if untouched is not None:
        facts.put("drop_from_first", (untouched.value - last.value) / (abs(untouched.value) or scale), curve.place)
    facts.put("fall_over_noise", fall / error)
    facts.put("falls", fall > 3 * error, curve.place)
    then = level(curve.losses[int(0.6 * len(curve.losses)) : max(1, int(0.7 * len(curve.losses)))])
    late = (then.value - last.value) / fall if then is not None and fall > 3 * error else 0.0
    facts.put("late_share", min(1.0, max(0.0, late)))
    levels = blocks(curve.losses)
    lowest = min(*levels, last.value, first.value)
    rise = last.value - lowest
    turn = _end_of(levels.index(min(levels)), curve, len(levels))
    facts.put("risen_share", rise / max(first.value - lowest, 0.1 * scale), curve.place, step=turn)
    facts.put("rise_over_noise", rise / max(last.error, 1e-9 * scale), step=turn)
    peak = _end_of(levels.index(max(levels)), curve, len(levels))
    facts.put("peak_over_start", max(0.0, (max(*levels, last.value) - first.value) / scale), step=peak)
    if first.value > 0 and last.value > 0:
        facts.put("end_over_start", last.value / first.value, curve.place)
    half = finite[len(finite) // 2 :]
    facts.put("oscillation", spread(half) / max(abs(last.value), 1e-3 * scale))


def _end_of(block: int, curve: Curve, count: int) -> int:
    """The step at which so many equal stretches of a curve come to the end of that one."""
    return curve.steps[min(len(curve.steps) - 1, (block + 1) * len(curve.steps) // count)]


def _picture(curve: Curve, bad: list[int]) -> Picture:
    every = max(1, len(curve.steps) // 400)
    x, y = tuple(map(float, curve.steps[::every])), curve.losses[::every]
    smooth = tuple(level(curve.losses[max(0, i - 10) : i + 11]) for i in range(0, len(curve.losses), every))
    series = (
        Series("loss", x, y),
        Series("smoothed", x, tuple(None if one is None else one.value for one in smooth)),
    )
    finite = [loss for loss in y if loss is not None]
    wide = bool(finite) and min(finite) > 0 and max(finite) > 30 * min(finite)
    marks = ((float(bad[0]), "NaN"),) if bad else ()
    return Picture("curve", {"en": "Loss by step", "zh": "每步的损失"}, series, marks=marks, logarithmic=wide)
