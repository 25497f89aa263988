"""One edit made in the text of one file: the text as it is then, or why it can't be made."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

from nndoctor import edits
from nndoctor.case import Place
from nndoctor.edit.arguments import scale_learning_rate, set_argument
from nndoctor.edit.calls import remove_call, remove_seeding, replace_call
from nndoctor.edit.divisors import divide_by_batches, divide_by_samples
from nndoctor.edit.modes import evaluation_mode, training_mode, without_graphs
from nndoctor.edit.names import Names
from nndoctor.edit.order import step_after_backward, step_of_idle, zero_after_step, zero_gradients
from nndoctor.edit.parameters import hold_all_parameters, one_iterator, random_order, unfreeze
from nndoctor.edit.shapes import detach_state, set_input_size
from nndoctor.edit.source import CannotEdit, Source, Splice, applied
from nndoctor.edit.tensors import (
    detach_kept,
    initialize,
    log_softmax_first,
    match_shapes,
    zero_for_half,
)
from nndoctor.edits import Edit

LONGEST = 1_000_000
"""Characters of a file that is written by hand; what is longer was generated."""


PLAIN: Mapping[type[Edit], Callable[[Names, Place], list[Splice]]] = MappingProxyType(
    {
        edits.DetachKept: detach_kept,
        edits.DetachState: detach_state,
        edits.DivideByBatches: divide_by_batches,
        edits.DivideBySamples: divide_by_samples,
        edits.EvaluationMode: evaluation_mode,
        edits.HoldAllParameters: hold_all_parameters,
        edits.MatchShapes: match_shapes,
        edits.OneIterator: one_iterator,
        edits.RandomOrder: random_order,
        edits.RemoveSeeding: remove_seeding,
        edits.StepAfterBackward: step_after_backward,
        edits.StepOfIdle: step_of_idle,
        edits.TrainingMode: training_mode,
        edits.Unfreeze: unfreeze,
        edits.WithoutGraphs: without_graphs,
        edits.ZeroAfterStep: zero_after_step,
        edits.ZeroForHalf: zero_for_half,
        edits.ZeroGradients: zero_gradients,
    }
)
WITH_VALUES: Mapping[type[Edit], Callable[..., list[Splice]]] = MappingProxyType(
    {
        edits.Initialize: initialize,
        edits.LogSoftmaxFirst: log_softmax_first,
        edits.RemoveCall: remove_call,
        edits.ReplaceCall: replace_call,
        edits.ScaleLearningRate: scale_learning_rate,
        edits.SetArgument: set_argument,
        edits.SetInputSize: set_input_size,
    }
)


def edited(source: str, edit: Edit, place: Place) -> str:
    """The source with the edit made at that place, all else as it was. Raises CannotEdit with the reason."""
    if len(source) > LONGEST:
        raise CannotEdit(f"a file of {len(source):,} characters is not edited")
    try:
        names = Names(Source(source))
        result = applied(source, _splices(names, edit, place))
    except RecursionError as deep:
        raise CannotEdit("the file is nested too deeply") from deep
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(result)
    except SyntaxError as wrong:
        raise CannotEdit(f"line {place.line} is written in a way that this edit would break: {wrong}") from wrong
    if result == source:
        raise CannotEdit(f"nothing is left to change on line {place.line}")
    return result


def _splices(names: Names, edit: Edit, place: Place) -> list[Splice]:
    plain = PLAIN.get(type(edit))
    return plain(names, place) if plain is not None else WITH_VALUES[type(edit)](names, edit, place)
