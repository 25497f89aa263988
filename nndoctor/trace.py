"""What a watched run left behind: the records that the tap writes and the probes read.

A record is one line of the run's journal (see `worker/journal.py`), so that all seen before a crash, a kill or a hang
survives it. Standard library only. Floats that were not finite are stored as None beside a flag or a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nndoctor.burden import Burden
from nndoctor.case import Place
from nndoctor.clipping import ClippingSeen
from nndoctor.evaluating import EvalCallSeen, ScoreSeen, WeightsCopied
from nndoctor.images import ImagesSeen
from nndoctor.layouts import LayoutSeen
from nndoctor.nonfinite import FirstNonfinite, NonfiniteSource
from nndoctor.printed import LinesPrinted
from nndoctor.scheduling import SchedulerSeen
from nndoctor.seen import (
    NOTHING,
    BatchSeen,
    ForwardSeen,
    GraphSeen,
    LoaderSeen,
    LossCall,
    LossPathSeen,
    ModelSeen,
    OptimizerSeen,
    ParameterSeen,
    TensorSeen,
)


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Versions and devices of the user's environment: python, torch, device, cuda, threads."""

    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Iteration:
    """One backward pass and the optimizer steps that followed it.

    `optimizer` is that of the first step after it, -1 if none came before the next backward. `gradient_norm` is the
    global norm over that optimizer's parameters at the step, after unscaling and clipping; where it would cost more
    than half a percent of a step it is taken at every k-th step only, and None between. `loss` is None if it was
    not finite. `curve` numbers the line that called backward, so that the losses of a GAN stay apart.
    """

    index: int
    seconds: float
    loss: float | None
    curve: int
    optimizer: int = -1
    learning_rate: float | None = None
    gradient_norm: float | None = None
    gradient_finite: bool = True


@dataclass(frozen=True, slots=True)
class BackwardSite:
    """The line of user code behind a curve number."""

    curve: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Pass:
    """A stretch of consecutive calls of one model of the same kind and in the same modes.

    `evaluating`: no gradient flowed back through its outputs. `output_requires_grad`: yet a graph was built.
    `training` is the mode of the root; `active` counts its batch-norm and dropout modules (p > 0) in training mode
    out of `sensitive`. `resident_bytes`, `cuda_bytes`: memory before and after; `feeds`: gradients passed on through
    another model (a generator). `loss`, `accuracy`: means over its loss calls. `repeats`: share of inputs given twice.
    """

    model: int
    evaluating: bool
    training: bool
    grad_enabled: bool
    output_requires_grad: bool
    active: int
    sensitive: int
    iteration: int
    calls: int
    samples: int
    place: Place | None
    loader: int | None = None
    autocast: str = ""
    feeds: bool = False
    loss: float | None = None
    accuracy: float | None = None
    repeats: float = 0.0
    resident_bytes: tuple[int, int] = (0, 0)
    cuda_bytes: tuple[int, int] = (0, 0)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PassCut:
    """A pass over a loader that was ended early, so that what follows comes within the time.

    `number` counts all passes over loaders from 0, `batches` those taken, `of` those that it had (None: unknown).
    Where it is not `done`, the code that asked would not have borne an end, and the pass went on.
    """

    number: int
    loader: int | None
    batches: int
    of: int | None
    done: bool = True


@dataclass(frozen=True, slots=True)
class LayerSample:
    """Per-parameter root mean squares at one optimizer step; names as in `OptimizerSeen`.

    `gradient` and `weight` are taken just before the step, `update` is the change that the step made, `moved` the
    relative distance ||w - w0|| / ||w0|| from the start. A parameter without gradient is absent from `gradient`.
    `spread` is given for the weights whose rows were all alike at the start: how far neighbouring rows are apart after
    the step (three quarters of them no more than this), relative to the weight's root mean square where that is not 0.
    """

    iteration: int
    optimizer: int
    gradient: Mapping[str, float]
    weight: Mapping[str, float]
    update: Mapping[str, float]
    moved: Mapping[str, float]
    spread: Mapping[str, float] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class StepTotals:
    """What is known of the order of calls of one optimizer so far; a later record replaces an earlier one.

    `uncleaned`: steps (after the first) whose gradients still held those of the step before. `empty`: steps at which
    every gradient was None or zero, `missing` those at which all were None, of the `looked` that were looked at.
    `idle`: steps with no backward since the step before. Both of the `judged` steps, since whose step before everything
    was attended to. `backwards`: those since it was built,
    `scheduled` the steps of its schedulers. `tokens` are the first calls in order: Z zero_grad,
    F forward, B backward, S step, L scheduler step.
    """

    optimizer: int
    steps: int
    uncleaned: int
    empty: int
    idle: int
    backwards: int
    schedule_before_step: bool
    tokens: str
    place: Place | None = None
    looked: int = 0
    missing: int = 0
    judged: int = 0
    scheduled: int = 0


@dataclass(frozen=True, slots=True)
class MemorySample:
    """Memory at one iteration: resident and CUDA bytes, autograd graphs alive, and the variable that holds most.

    `graph_tensors` live ones with a grad_fn, `graph_nodes` behind them (50,000 at most), `graph_bytes` their storage.
    """

    iteration: int
    resident_bytes: int
    cuda_bytes: int
    graph_tensors: int | None = None
    graph_nodes: int | None = None
    graph_bytes: int | None = None
    holder: str = ""
    holder_place: Place | None = None
    evaluating: bool = False


@dataclass(frozen=True, slots=True)
class Unwatched:
    """Something that trains, or may, where the tap can't look; of one `kind` the highest `count` holds.

    compiled: what was given to torch.compile; functional: gradients given back as values within torch.func; gradients:
    the same by torch.autograd.grad; thread: optimizer steps in other threads; child: a forked process in which one
    stepped (a record for each); process: Python programs started anew. `place` is the user's line of the first.
    """

    kind: str
    count: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class TensorNamed:
    """A tensor among the variables of a failing frame."""

    name: str
    tensor: TensorSeen


@dataclass(frozen=True, slots=True)
class Crash:
    """The exception that ended the script. `phase`: forward, loss, backward, step, data or other.

    `place` is the innermost line of the user's own code, `places` all of it from the outermost; `module` the
    failing submodule and `settings` its sizes; `variables` the tensors in the failing torch frame and, after a
    device-side assert, the whole numbers that the loaders gave last ("drawn.<path>").
    """

    kind: str
    message: str
    phase: str
    place: Place | None
    places: tuple[Place, ...]
    module: str = ""
    settings: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    variables: tuple[TensorNamed, ...] = ()
    iteration: int = 0


@dataclass(frozen=True, slots=True)
class RunEnded:
    """How the run ended: finished, exception, exit, signal, hung or stopped (by us, at its deadline or at our wish).

    `code`: exit status or signal; `stack`: the last one of a run that had to be killed; `seconds`: wall time.
    """

    how: str
    code: int
    seconds: float
    stack: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Reseeded:
    """In so many iterations a random seed was set to the value that it had been set to before; and the first line."""

    iterations: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class Steered:
    """How often a rerun's last intervention was applied, or `why` never; absent where the run had no orderly end.

    `measured`: what an experiment on one of its steps has found.
    """

    applied: int
    why: str = ""
    measured: Mapping[str, float] = field(default_factory=lambda: NOTHING)


@dataclass(slots=True)
class Trace:
    """All records of one run, in the order of writing, by kind; `bare` are weights that belong to no model met."""

    started: RunStarted | None = None
    models: dict[int, ModelSeen] = field(default_factory=dict)
    optimizers: dict[int, OptimizerSeen] = field(default_factory=dict)
    loaders: dict[int, LoaderSeen] = field(default_factory=dict)
    schedulers: list[SchedulerSeen] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    sites: dict[int, BackwardSite] = field(default_factory=dict)
    forwards: list[ForwardSeen] = field(default_factory=list)
    loss_paths: list[LossPathSeen] = field(default_factory=list)
    graphs: list[GraphSeen] = field(default_factory=list)
    losses: list[LossCall] = field(default_factory=list)
    batches: list[BatchSeen] = field(default_factory=list)
    layouts: list[LayoutSeen] = field(default_factory=list)
    images: list[ImagesSeen] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    layers: list[LayerSample] = field(default_factory=list)
    bare: list[ParameterSeen] = field(default_factory=list)
    totals: dict[int, StepTotals] = field(default_factory=dict)
    clippings: dict[int, ClippingSeen] = field(default_factory=dict)
    memory: list[MemorySample] = field(default_factory=list)
    unwatched: list[Unwatched] = field(default_factory=list)
    cuts: list[PassCut] = field(default_factory=list)
    eval_calls: list[EvalCallSeen] = field(default_factory=list)
    copies: list[WeightsCopied] = field(default_factory=list)
    scores: list[ScoreSeen] = field(default_factory=list)
    printed: list[LinesPrinted] = field(default_factory=list)
    nonfinite: FirstNonfinite | None = None
    source: NonfiniteSource | None = None
    burden: Burden | None = None
    crash: Crash | None = None
    steered: Steered | None = None
    reseeded: Reseeded | None = None
    ended: RunEnded | None = None

    @property
    def rehearsed(self) -> bool:
        """Whether passes were ended early: no epoch is whole, and the end of the run is not its own."""
        return any(cut.done for cut in self.cuts)
