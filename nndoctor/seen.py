"""What the tap saw of the user's tensors, models, optimizers, loaders and graphs: records of the run's journal.

A float that was not finite is stored as None, beside a count of such elements. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nndoctor.case import Place

NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TensorSeen:
    """Statistics of one tensor. `path` says where in the batch or call it sat ("0", "1", "image", "output").

    `samples` is the length of axis 0. Channel lists run over axis 1 of tensors with three axes or more, or over
    the features (at most 64) of two-axis tensors. `distinct` counts different values, at most 1001, integers only.
    `fingerprint` is equal for equal content; `row_fingerprints` (at most 64) are those of the single samples.
    `varied` counts which of a sample's numbers (at most 256) have a value of their own in every third sample or more.
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    device: str = "cpu"
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    nonfinite: int = 0
    distinct: int | None = None
    channel_mean: tuple[float, ...] = ()
    channel_std: tuple[float, ...] = ()
    fingerprint: str = ""
    row_fingerprints: tuple[str, ...] = ()
    varied: int = 0
    requires_grad: bool = False


@dataclass(frozen=True, slots=True)
class ParameterSeen:
    """One parameter at the model's first call. Weights by file or hub are `loaded`; `identical_slices` ignores 1-D.

    Slices lie along the first axis in torch's own layers; where the user made the layout they may lie along another.
    `fan_in` is the product of all axes but the first; `zero` means every element is 0. `known_as` is its full name in
    all other records where that is not "<model>:<name>": the parameter belongs to an earlier model too.
    `copied_from` is the full name of the parameter of an earlier model that it was deep-copied from. `place` is the
    line that made it, or gave it its start values by a function of torch.nn.init.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    device: str
    trainable: bool
    loaded: bool
    mean: float | None
    std: float | None
    largest: float | None
    nonfinite: int
    zero: bool
    identical_slices: bool
    fan_in: int
    known_as: str = ""
    copied_from: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class ModuleSeen:
    """One submodule: `settings` are its numeric attributes (p, eps, ...), `repeats` how often its list holds it.

    `multiplied` is the line that made it as an element of a list, and multiplied that list.
    """

    name: str
    kind: str
    settings: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    repeats: int = 1
    multiplied: Place | None = None


@dataclass(frozen=True, slots=True)
class ModelSeen:
    """A module with parameters that the user's code called, first at `place`; `library` is "keras" or "" for torch."""

    model: int
    kind: str
    place: Place | None
    parameters: tuple[ParameterSeen, ...]
    modules: tuple[ModuleSeen, ...]
    compiled: bool = False
    library: str = ""


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """One parameter group of an optimizer; `maximize`: it climbs where others descend."""

    learning_rate: float
    weight_decay: float
    momentum: float
    parameters: tuple[str, ...]
    maximize: bool = False


@dataclass(frozen=True, slots=True)
class OptimizerSeen:
    """An optimizer as it stood at `iteration`; a later record of the same number replaces an earlier one.

    Parameter names are those of `ModelSeen`, prefixed with "<model>:"; a parameter of no seen model is
    "?:<shape>". `foreign` counts those. `frozen` counts parameters held although they need no gradient.
    """

    optimizer: int
    kind: str
    place: Place | None
    groups: tuple[GroupSeen, ...]
    foreign: int
    frozen: int
    iteration: int = 0


@dataclass(frozen=True, slots=True)
class LoaderSeen:
    """A DataLoader whose iteration began; those built anew over one dataset, with the same sizes, are one.

    `length` counts samples, if it is known. `iterators` and `draws` (of batches) come in a second record, at the end.
    """

    loader: int
    place: Place | None
    dataset: str
    length: int | None
    batch_size: int | None
    sampler: str
    workers: int
    drop_last: bool
    iterators: int = 0
    draws: int = 0


@dataclass(frozen=True, slots=True)
class OpSeen:
    """One torch function called by user code inside or near a model's forward, in call order.

    `takes_grad`: some input tensor required a gradient; `gives_grad`: some output does. `grad_mode` is
    torch.is_grad_enabled() at the call. A cut is takes_grad and not gives_grad with a floating output; `behind` names
    the parameters before a cut, or before a function that is flat (round, sign, ...). `lowest` is the smallest value
    that a logarithm was given, `result` the shape of what a reshaping gave. `again`: with the same weights and tensor.
    """

    name: str
    place: Place | None
    takes_grad: bool
    gives_grad: bool
    grad_mode: bool
    floating: bool
    shapes: tuple[tuple[int, ...], ...] = ()
    behind: tuple[str, ...] = ()
    lowest: float | None = None
    result: tuple[int, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class ForwardSeen:
    """The operations of one closely watched training forward of a model (the first six)."""

    model: int
    iteration: int
    operations: tuple[OpSeen, ...]


@dataclass(frozen=True, slots=True)
class LossPathSeen:
    """The operations outside of models before the first backwards; all where no module is called."""

    iteration: int
    operations: tuple[OpSeen, ...]


@dataclass(frozen=True, slots=True)
class ActivationSeen:
    """The output of one activation function found in the autograd graph of a training step.

    `layer` is the parameter that feeds it, `kind` relu, sigmoid, tanh, softmax, ... `zero_share` counts exact zeros.
    `dead_units` is the share of units (features or channels) that were zero for every sample of the batch and
    `samples` how many values each unit was judged on. `saturated_share`: |tanh| > 0.97, sigmoid outside (0.02, 0.98).
    `alive` has one bit for each of the first 1024 units, in hexadecimal, set where the unit was not zero throughout.
    """

    layer: str
    kind: str
    zero_share: float
    saturated_share: float
    dead_units: float
    units: int
    samples: int
    std: float | None
    largest: float | None
    alive: str = ""


@dataclass(frozen=True, slots=True)
class GraphSeen:
    """The autograd graph behind one loss, walked at backward().

    `head` is the loss found at its root: nll_loss, mse_loss, l1_loss, smooth_l1_loss, huber_loss,
    binary_cross_entropy, binary_cross_entropy_with_logits, kl_div, cross_entropy_with_probabilities or custom.
    `before` lists the activation functions between the head and the first weighted operation, nearest first. `reached`
    (nearest to the loss first) and `unreached` name the trainable parameters of the models called since. `target` is
    the one that the head saved. `clipped` are the lowest and highest of the values that a clamp put into the range of a
    probability, in front of the loss or its logarithm. `functions`: the user's own autograd functions, by the place of
    their backward and the name of their class.
    """

    iteration: int
    curve: int
    head: str
    before: tuple[str, ...]
    reached: tuple[str, ...]
    unreached: tuple[str, ...]
    nodes: int
    models: tuple[int, ...]
    activations: tuple[ActivationSeen, ...] = ()
    input: TensorSeen | None = None
    target: TensorSeen | None = None
    clipped: tuple[float, float] | None = None
    functions: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class LossCall:
    """One call of a torch loss function or module, sampled.

    `evaluating` is True when no gradient could flow (or, once known, did flow) through it. `inside_model`: called
    within a model's forward. Row statistics hold for inputs with a class axis (axis 1): `rows_are_probabilities`
    (non-negative, sum to 1 within 1e-4), `rows_are_log_probabilities` (logsumexp 0 within 1e-3).
    `accuracy`, `top_share` (share of the most predicted class), `majority_share` (of the most frequent label) and
    `entropy` (of the labels, nats) hold for class targets; `output_std_over_samples` is the mean over outputs of
    the standard deviation across the batch, `output_std` over all values. `padding` is the share of the counted
    targets in padding. `made_by`: the model whose outputs the target was made of. `bounded_by`: what bounds the output,
    `beyond` the share of targets out of its reach, `floor` the mean square of how far, over their variance.
    `class_weights` has a weight for each class, at most 100: 1 and pos_weight for yes against no. `levels` counts the
    different targets of a loss of numbers, if all are whole. `sure_accuracy`: of the half with the clearest answers."""

    function: str
    place: Place | None
    iteration: int
    evaluating: bool
    inside_model: bool
    input: TensorSeen
    target: TensorSeen
    value: float | None
    reduction: str
    ignore_index: int | None = None
    classes: int | None = None
    label_smoothing: float = 0.0
    weighted: bool = False
    rows_are_probabilities: bool = False
    rows_are_log_probabilities: bool = False
    accuracy: float | None = None
    top_share: float | None = None
    majority_share: float | None = None
    entropy: float | None = None
    output_std_over_samples: float | None = None
    output_std: float | None = None
    label_counts: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    weight: float = 1.0
    padding: float | None = None
    made_by: int | None = None
    bounded_by: str = ""
    beyond: float | None = None
    floor: float | None = None
    class_weights: tuple[float, ...] = ()
    levels: int | None = None
    sure_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """A batch as the model received it, sampled.

    `inputs` are the tensors of the root call, `drawn` the others of the batch that `loader` gave (labels, as a rule).
    Between close looks there are fingerprints, no statistics.
    """

    iteration: int
    model: int
    training: bool
    evaluating: bool
    loader: int | None
    inputs: tuple[TensorSeen, ...]
    output: TensorSeen | None = None
    drawn: tuple[TensorSeen, ...] = ()
