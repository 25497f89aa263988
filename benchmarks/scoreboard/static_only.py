"""What the text of a program alone tells: a baseline of the checks that linters and checklists for PyTorch know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.scoreboard import checks_of_networks as networks
from benchmarks.scoreboard import checks_of_steps as steps
from benchmarks.scoreboard.score import Saying
from benchmarks.scoreboard.text import Text, text_of

CHECKS: Sequence[tuple[str, Callable[[Text], bool]]] = (
    # the surest come first
    ("loss/softmax-before-cross-entropy", networks.softmax_before_cross_entropy),
    ("loss/sigmoid-before-bce-with-logits", networks.sigmoid_before_bce_with_logits),
    ("loss/logits-into-probability-loss", networks.logits_into_probability_loss),
    ("loss/wrong-sign", networks.wrong_sign),
    ("loss/nondifferentiable-path", networks.nondifferentiable_path),
    ("gradients/not-zeroed", steps.not_zeroed),
    ("gradients/zeroed-before-step", steps.zeroed_before_step),
    ("optimization/step-missing-or-misordered", steps.step_missing_or_misordered),
    ("architecture/dimension-mismatch", networks.dimension_mismatch),
    ("mode/train-not-restored", steps.train_not_restored),
    ("mode/eval-missing", steps.eval_missing),
    ("memory/graph-retained", steps.graph_retained),
    ("memory/eval-without-no-grad", steps.eval_without_no_grad),
    ("data/same-batch-every-step", steps.same_batch_every_step),
    ("architecture/unregistered-submodule", networks.unregistered_submodule),
    ("fine-tuning/no-trainable-params", steps.no_trainable_params),
    ("mode/batchnorm-small-batch", steps.batchnorm_small_batch),
    ("loss/mse-on-classification", networks.mse_on_classification),
    ("optimization/parameters-missing-from-optimizer", steps.parameters_missing_from_optimizer),
    ("optimization/learning-rate-too-high", steps.learning_rate_too_high),
    ("optimization/learning-rate-too-low", steps.learning_rate_too_low),
    ("initialization/scale-too-large", networks.scale_too_large),
    ("initialization/symmetric", networks.symmetric),
    ("architecture/dead-relu", networks.dead_relu),
    ("gradients/vanishing", networks.vanishing),
    ("loss/silent-broadcast", networks.silent_broadcast),
    ("gradients/graph-reuse-or-inplace", steps.graph_reuse_or_inplace),
    ("gradients/detached-subgraph", networks.detached_subgraph),
    ("data/not-shuffled", steps.not_shuffled),
    ("data/unnormalized-input", networks.unnormalized_input),
    ("loss/unstable-custom-maths", networks.unstable_custom_maths),
    ("precision/fp16-overflow", networks.fp16_overflow),
    ("gradients/frozen-parameters", steps.frozen_parameters),
)


def saying(sources: Sequence[str]) -> Saying:
    """What the checks say of a program: the surest that finds something is claimed, the others are suspicions."""
    text = text_of(sources)
    found = tuple(rule for rule, finds in CHECKS if finds(text))
    return Saying(found, found[:1])
