"""What optimizers hold: parameters that were left out of them, or frozen, are trained as well."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked, parameters_of
from nndoctor.worker.tensors import found_in


class Adding(Steering):
    """Gives each parameter of a called model that has a gradient and no optimizer to the optimizer of its model.

    It joins the group that holds most of the model: a new group would be unknown to the schedulers.
    """

    needs = "no parameter with a gradient that was in no optimizer"

    def __init__(self) -> None:
        """No model is known yet."""
        super().__init__()
        self._optimizers = Marked()
        self._models = Marked()

    def install(self, around: Around) -> None:
        """Round calls of models, after backward passes."""
        around.optimizers(self._optimizers.add)
        around.models(self._called)
        around.backward(lambda _: None, self._add)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if torch.is_grad_enabled():
            self._models.add(module)
        return call(module, *args, **kwargs)

    def held(self) -> set[int]:
        """All that is in an optimizer now."""
        return {id(parameter) for parameter in parameters_of(self._optimizers)}

    def _add(self) -> None:
        held = self.held()
        for model in self._models:
            missing = [p for p in model.parameters() if p.grad is not None and p.requires_grad and id(p) not in held]
            if missing and (group := self._group_of(model)) is not None:
                self.applied += len(missing)
                group["params"].extend(missing)
                held.update(map(id, missing))

    def _group_of(self, model: nn.Module) -> dict[str, Any] | None:
        own = {id(parameter) for parameter in model.parameters()}
        groups: list[dict[str, Any]] = [group for one in self._optimizers for group in one.param_groups]
        return max(groups, key=lambda group: sum(id(p) in own for p in group["params"]), default=None)


class Unfreezing(Adding):
    """Makes all parameters trainable of models that are in an optimizer, and of those that feed such models."""

    needs = "no frozen parameter in a model that an optimizer trains"

    def __init__(self) -> None:
        """No output was seen yet."""
        super().__init__()
        self._asked = Marked()
        self._feeding = Marked()
        self._made: dict[int, tuple[Marked, Marked]] = {}

    def install(self, around: Around) -> None:
        """Also where an optimizer would be given nothing, of the model that was asked for its parameters last."""
        super().install(around)
        nn.Module.named_parameters = around.wrapped(nn.Module.named_parameters, self._ask)
        Optimizer.__init__ = around.wrapped(Optimizer.__init__, self._build)

    def _ask(self, ask: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        self._asked = Marked()
        self._asked.add(module)
        return ask(module, *args, **kwargs)

    def _build(self, build: Any, optimizer: Optimizer, params: Any, *args: Any, **kwargs: Any) -> None:
        params = params if isinstance(params, Tensor) else list(params)
        if isinstance(params, list) and not params:
            for module in self._asked:
                params += [parameter for parameter in module.parameters() if self._unfreeze(parameter)]
        build(optimizer, params, *args, **kwargs)

    def _unfreeze(self, parameter: Tensor) -> bool:
        frozen = parameter.is_floating_point() and not parameter.requires_grad
        if frozen:
            self.applied += 1
            parameter.requires_grad_()
        return frozen

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return call(module, *args, **kwargs)
        held = self.held()
        if module in self._feeding or any(id(parameter) in held for parameter in module.parameters()):
            self._mark_feeders(args, kwargs)
            for parameter in module.parameters():
                self._unfreeze(parameter)
        output = super()._called(call, module, args, kwargs)
        self._made[id(module)] = made = Marked(), Marked()
        made[0].add(module)
        made[1].add(*(tensor for _, tensor in found_in(output)))
        return output

    def _mark_feeders(self, args: Any, kwargs: Any) -> None:
        given: list[Tensor] = [tensor for _, tensor in found_in([list(args), kwargs])]
        for maker, made in self._made.values():
            if any(tensor in made for tensor in given):
                self._feeding.add(*maker)
