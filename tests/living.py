"""A living process that calls nndoctor.examine: prints, as JSON, what it was told and what had changed meanwhile."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy
import torch
from torch import nn
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks
from torch.utils.data import DataLoader, TensorDataset

import nndoctor


class Net(nn.Module):
    def __init__(self, *, softmax: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 3))
        self.softmax = softmax
        self.lock = __import__("threading").Lock()
        self.cached: Any = None
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.cached = self.body(x)
        result: torch.Tensor = self.cached.softmax(1) if self.softmax else self.cached
        return result


def patches() -> dict[str, int]:
    """What is callable in every module loaded, and in every class of torch's, by identity."""
    found: dict[str, int] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("nndoctor", "tests", "__main__") or name.startswith("_nndoctor_probe"):
            continue
        for key, value in list(vars(module).items()) if isinstance(module, ModuleType) else ():
            if callable(value):
                found[f"{name}.{key}"] = id(value)
            if issubclass(type(value), type) and str(value.__module__).startswith("torch."):
                found |= {f"{name}.{key}.{k}": id(v) for k, v in list(vars(value).items()) if callable(v)}
    return found


def digest(model: Net, optimizer: torch.optim.Optimizer, loader: Any) -> dict[str, str]:
    def of(thing: object) -> str:
        return hashlib.sha256(pickle.dumps(thing)).hexdigest()

    tensors = [*model.parameters(), *model.buffers()]
    return {
        "weights": of([tensor.detach().numpy().tobytes() for tensor in tensors]),
        "identity": str([(id(tensor), tensor._version) for tensor in tensors]),
        "gradients": str([(id(p.grad), None if p.grad is None else p.grad.numpy().tobytes()) for p in tensors[:6]]),
        "optimizer": of(optimizer.state_dict()),
        "modes": str([module.training for module in model.modules()] + [model.calls, id(model.cached)]),
        "hooks": str([list(module._forward_hooks.items()) for module in model.modules()] + [vars(optimizer).keys()]),
        "random": of((random.getstate(), numpy.random.get_state(), torch.get_rng_state().numpy().tobytes())),
        "generator": of(loader.generator.get_state().numpy().tobytes()),
        "global hooks": str((_global_optimizer_pre_hooks, _global_optimizer_post_hooks)),
    }


def trained(*, softmax: bool) -> tuple[Net, nn.Module, torch.optim.Optimizer, Any, list[int]]:
    torch.manual_seed(5)
    x = torch.randn(512, 6)
    y = x[:, :3].argmax(1)
    loader = DataLoader(TensorDataset(x, y), 32, shuffle=True, generator=torch.Generator().manual_seed(1))
    model, heard = Net(softmax=softmax), list[int]()
    model.register_forward_hook(lambda *_: heard.append(1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for batch, target in loader:
        optimizer.zero_grad()
        loss: Any = nn.functional.cross_entropy(model(batch), target)
        loss.backward()
        optimizer.step()
    model.body[1].eval()  # a part that is frozen on purpose
    return model, nn.CrossEntropyLoss(), optimizer, loader, heard


def told(call: Callable[[Any, Any, Any, Any], Any], *, softmax: bool) -> dict[str, Any]:
    model, loss, optimizer, loader, heard = trained(softmax=softmax)
    call(model, loss, optimizer, loader)  # the first use of a part of torch fills its caches
    before, torchs, count = digest(model, optimizer, loader), patches(), len(heard)
    diagnosis = call(model, loss, optimizer, loader)
    after, now = digest(model, optimizer, loader), patches()
    return {
        "rules": [(finding.rule, finding.status) for finding in diagnosis.findings],
        "changed": [key for key in before if before[key] != after[key]],
        "patched": [key for key in torchs if torchs[key] != now.get(key)],
        "heard": len(heard) - count,
        "text": str(diagnosis),
        "html": diagnosis._repr_html_(),
    }


def with_graphs(model: nn.Module, loss: nn.Module, optimizer: torch.optim.Optimizer, loader: Any) -> Any:
    """The process holds graphs of other work of its own meanwhile."""
    other = nn.Linear(6, 3)
    held = [loss(other(x), y) for _ in range(4) for x, y in loader]
    examine: Any = nndoctor.examine
    diagnosis = examine(model, loader, loss, optimizer)
    del held
    return diagnosis


def renamed(model: nn.Module) -> nn.Module:
    model.__class__ = type("</code></iframe><script>alert(1)</script>", (Net,), {})
    return model


def written_into() -> bool:
    """Whether a model that writes into its input has done so to the user's own batch."""
    x, y = torch.randn(32, 6), torch.randint(3, (32,))
    before = x.clone()
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(6, 3))
    examine: Any = nndoctor.examine
    examine(model, (x, y), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()))
    return not torch.equal(x, before)


def refused(*parts: object) -> str:
    try:
        nndoctor.examine(*parts)  # type: ignore[operator]
    except ValueError as wrong:
        return str(wrong)
    return ""


def main() -> None:
    examine: Any = nndoctor.examine
    found = {
        "sick": told(lambda m, c, o, d: examine(m, d, loss_fn=c, optimizer=o), softmax=True),
        "healthy": told(lambda m, c, o, d: examine(m, d, loss_fn=c, optimizer=o), softmax=False),
        "one batch": told(lambda m, c, o, d: examine(m, d.dataset[:32], c, o), softmax=False),
        "a closure": told(lambda m, c, o, d: examine(m, d, lambda z, y: c(z, y) * 1.0, o, lang="zh"), softmax=False),
        "no optimizer": told(lambda m, c, o, d: examine(m, d, c), softmax=False),
        "graphs of its own": told(with_graphs, softmax=False),
        "a hostile name": told(lambda m, c, o, d: examine(renamed(m), d, c, o), softmax=True),
        "a crash": told(
            lambda m, c, o, d: examine(m, [(torch.zeros(4, 7), torch.zeros(4).long())], c, o), softmax=False
        ),
        "written into": written_into(),
        "refused": [
            refused(3, []),
            refused(nn.Linear(2, 2), iter([]), None),
            refused(nn.Linear(2, 2), [], nn.MSELoss()),
        ],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
