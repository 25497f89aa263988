"""One edit made in the text of one file: the text as it is then, or why it can't be made."""

from __future__ import annotations

import ast
import warnings

from nndoctor.case import Place
from nndoctor.edit.arguments import scale_learning_rate, set_argument
from nndoctor.edit.calls import remove_call, remove_seeding, replace_call
from nndoctor.edit.modes import evaluation_mode, training_mode, without_graphs
from nndoctor.edit.names import Names
from nndoctor.edit.order import step_after_backward, zero_after_step, zero_gradients
from nndoctor.edit.parameters import hold_all_parameters, one_iterator, unfreeze
from nndoctor.edit.shapes import detach_state, set_input_size
from nndoctor.edit.source import CannotEdit, Source, Splice, applied
from nndoctor.edit.tensors import (
    detach_kept,
    initialize,
    log_softmax_first,
    match_shapes,
)
from nndoctor.edits import (
    DetachKept,
    DetachState,
    Edit,
    EvaluationMode,
    HoldAllParameters,
    Initialize,
    LogSoftmaxFirst,
    MatchShapes,
    OneIterator,
    RemoveCall,
    RemoveSeeding,
    ReplaceCall,
    ScaleLearningRate,
    SetArgument,
    SetInputSize,
    StepAfterBackward,
    TrainingMode,
    Unfreeze,
    WithoutGraphs,
    ZeroAfterStep,
    ZeroGradients,
)

LONGEST = 1_000_000
"""Characters of a file that is written by hand; what is longer was generated."""


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
    for family in (_of_calls, _of_the_loop, _of_tensors, _of_settings):
        splices = family(names, edit, place)
        if splices is not None:
            return splices
    raise CannotEdit(f"nobody knows how to make {type(edit).__name__}")


def _of_calls(names: Names, edit: Edit, place: Place) -> list[Splice] | None:
    match edit:
        case RemoveCall():
            return remove_call(names, edit, place)
        case ReplaceCall():
            return replace_call(names, edit, place)
        case RemoveSeeding():
            return remove_seeding(names, place)
        case SetArgument():
            return set_argument(names, edit, place)
        case ScaleLearningRate():
            return scale_learning_rate(names, edit, place)
    return None


def _of_the_loop(names: Names, edit: Edit, place: Place) -> list[Splice] | None:
    match edit:
        case ZeroGradients():
            return zero_gradients(names, place)
        case StepAfterBackward():
            return step_after_backward(names, place)
        case ZeroAfterStep():
            return zero_after_step(names, place)
        case EvaluationMode():
            return evaluation_mode(names, place)
        case TrainingMode():
            return training_mode(names, place)
    return None


def _of_tensors(names: Names, edit: Edit, place: Place) -> list[Splice] | None:
    match edit:
        case DetachKept():
            return detach_kept(names, place)
        case MatchShapes():
            return match_shapes(names, place)
        case DetachState():
            return detach_state(names, place)
        case SetInputSize():
            return set_input_size(names, edit, place)
        case LogSoftmaxFirst():
            return log_softmax_first(names, edit, place)
    return None


def _of_settings(names: Names, edit: Edit, place: Place) -> list[Splice] | None:
    match edit:
        case Initialize():
            return initialize(names, edit, place)
        case Unfreeze():
            return unfreeze(names, place)
        case HoldAllParameters():
            return hold_all_parameters(names, place)
        case WithoutGraphs():
            return without_graphs(names, place)
        case OneIterator():
            return one_iterator(names, place)
    return None
