"""Outputs of evaluations as the script's own way to score them wants them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack, _push_mode

from nndoctor.worker.losses import FUNCTIONS
from nndoctor.worker.mode_stack import take_off
from nndoctor.worker.scored import EQUAL, Scored, name_of
from nndoctor.worker.scoring import Scoring
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.tensors import found_in, readable

WITH_SIGMOID = "binary_cross_entropy_with_logits"
OUTSIDE = 1e-3
"""As in `probes/scoring_of_outputs.py`."""


class FittingPredictions(Steering):
    """Changes what the doubtful steps are given that the script takes with the outputs of an evaluation.

    The mode lies above the tap's, which sees what is done in the end, and stays until the next call of a model.
    """

    needs = "no prediction of an evaluation that torch's functions score amiss"

    def __init__(self) -> None:
        """No loss was called yet, and nothing scored."""
        super().__init__()
        self._losses: set[str] = set()
        self._mode: _Correcting | None = None
        self._beyond = False

    def install(self, around: Around) -> None:
        """Round the outermost calls of models; losses tell what their outputs are."""
        self._around = around
        around.losses(tuple(FUNCTIONS), self._lost)
        around.models(self._called)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        self._losses.add(name)
        return loss(*args, **kwargs)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if self._mode is not None:
            take_off(self._mode)
            self._mode = None
        output = call(module, *args, **kwargs)
        # a mode of the user's own may end before ours, and would then take ours off the stack
        others = [one for one in _get_current_function_mode_stack() if not isinstance(one, Scoring)]
        scored = Scored(output)
        if not torch.is_grad_enabled() and scored and not others:
            self._mode = _Correcting(self, self._around, scored)
            _push_mode(self._mode)
        return output

    def corrected(self, how: str, scored: Tensor, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments as they are meant; the same where they may be meant as they are."""
        if how == "table":
            longest = max(one.dim() for one in args)
            self.applied += 1
            return tuple(one if one.dim() == longest else one.unsqueeze(-1) for one in args)
        if how == "half" and self._are_scores(scored):
            self.applied += 1
            return (torch.sigmoid(scored), *args[1:])
        return args

    def best_of_one(self, name: str, scored: Tensor, *, raw: bool, keepdim: bool) -> Tensor:
        """What a choice between no and yes gives where there is one output for both."""
        self.applied += 1
        probability = torch.sigmoid(scored) if raw and self._are_scores(scored) else scored
        if name != "argmax":
            return probability if name == "softmax" else probability.log()
        yes = (probability > 0.5).long()
        return yes if keepdim else yes.squeeze(1)

    def _are_scores(self, outputs: Tensor) -> bool:
        """Whether a sigmoid is still to come: the loss has one in it, and these were seen to be no probabilities."""
        if self._losses and WITH_SIGMOID not in self._losses:
            return False
        if not self._beyond and readable(outputs):
            with torch._C.DisableTorchFunction():
                low, high = outputs.detach().min().item(), outputs.detach().max().item()
            self._beyond = low < -OUTSIDE or high > 1 + OUTSIDE
        return self._beyond


class _Correcting(TorchFunctionMode):
    """Follows what is made of one output."""

    def __init__(self, steering: FittingPredictions, around: Around, scored: Scored) -> None:
        super().__init__()
        self._steering = steering
        self._around = around
        self._scored = scored

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = name_of(func)
        given = [tensor for _, tensor in found_in((args, kwargs))]
        if not self._around.here() or not any(map(self._scored.is_made, given)):
            return getattr(func, "unwatched", func)(*args, **kwargs)
        in_place = func.__name__.endswith("_") and not func.__name__.endswith("__")
        doubt = None if in_place else self._scored.doubt(name, args, kwargs)
        result = self._scored_by(func, name, doubt, args, kwargs)
        self._scored.passed_on(name, args, kwargs, result)
        return result

    def _scored_by(self, func: Any, name: str, doubt: tuple[str, Tensor] | None, args: Any, kwargs: Any) -> Any:
        if doubt is None:
            return getattr(func, "unwatched", func)(*args, **kwargs)
        how, scored = doubt
        if name in EQUAL:
            return func(*self._steering.corrected(how, scored, tuple(map(self._chosen, args))), **kwargs)
        if how == "single":
            raw = self._scored.is_raw(scored)
            keepdim = kwargs.get("keepdim", args[2] if len(args) > 2 and name == "argmax" else False)
            return self._steering.best_of_one(name, scored, raw=raw, keepdim=bool(keepdim))
        return func(*self._steering.corrected(how, scored, args), **kwargs)

    def _chosen(self, value: Any) -> Any:
        """Yes or no in the place of the places of the best of one."""
        scores = self._scored.picked_from(value)
        if scores is None:
            return value
        return self._steering.best_of_one("argmax", scores, raw=self._scored.is_raw(scores), keepdim=True).view_as(
            value
        )
