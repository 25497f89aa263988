"""What the text of a program alone tells: a baseline of the checks that linters and checklists for PyTorch know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.scoreboard import checks
from benchmarks.scoreboard.score import Saying
from benchmarks.scoreboard.text import Text, text_of

CHECKS: Sequence[tuple[str, Callable[[Text], bool]]] = (
    # the surest come first
    ("loss/softmax-before-cross-entropy", checks.softmax_before_cross_entropy),
    ("loss/sigmoid-before-bce-with-logits", checks.sigmoid_before_bce_with_logits),
    ("loss/logits-into-probability-loss", checks.logits_into_probability_loss),
    ("gradients/not-zeroed", checks.not_zeroed),
    ("optimization/step-missing-or-misordered", checks.step_missing_or_misordered),
    ("architecture/dimension-mismatch", checks.dimension_mismatch),
    ("mode/train-not-restored", checks.train_not_restored),
    ("mode/eval-missing", checks.eval_missing),
    ("memory/graph-retained", checks.graph_retained),
    ("memory/eval-without-no-grad", checks.eval_without_no_grad),
    ("data/same-batch-every-step", checks.same_batch_every_step),
    ("optimization/parameters-missing-from-optimizer", checks.parameters_missing_from_optimizer),
    ("optimization/learning-rate-too-high", checks.learning_rate_too_high),
    ("optimization/learning-rate-too-low", checks.learning_rate_too_low),
    ("initialization/scale-too-large", checks.scale_too_large),
    ("initialization/symmetric", checks.symmetric),
    ("architecture/dead-relu", checks.dead_relu),
    ("gradients/vanishing", checks.vanishing),
    ("loss/silent-broadcast", checks.silent_broadcast),
    ("gradients/graph-reuse-or-inplace", checks.graph_reuse_or_inplace),
    ("gradients/detached-subgraph", checks.detached_subgraph),
    ("data/not-shuffled", checks.not_shuffled),
    ("data/unnormalized-input", checks.unnormalized_input),
    ("loss/unstable-custom-maths", checks.unstable_custom_maths),
    ("gradients/frozen-parameters", checks.frozen_parameters),
)


def saying(sources: Sequence[str]) -> Saying:
    """What the checks say of a program: the surest that finds something is claimed, the others are suspicions."""
    text = text_of(sources)
    found = tuple(rule for rule, finds in CHECKS if finds(text))
    return Saying(found, found[:1])
