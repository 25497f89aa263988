from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn, optim


@dataclass
class Config:
    n_pages: int = 9000
    hidden: list[int] = field(default_factory=lambda: [96, 48])
    dropout: float = 0.1
    lr: float = 2e-3
    batch: int = 128
    epochs: int = 20
    seed: int = 42


def crawl(cfg: Config) -> tuple[np.ndarray, np.ndarray]:
    """Counts per web page (links, images, forms, words ...) and whether it is a shop, a blog or a forum."""
    rng = np.random.default_rng(cfg.seed)
    kind = rng.integers(0, 3, cfg.n_pages)
    rates = np.array([
        [40, 60, 60, 300, 9, 70],
        [25, 12, 45, 1400, 11, 60],
        [110, 20, 55, 700, 10, 90],
    ], dtype=float)
    mood = rng.gamma(4.0, 0.25, size=(cfg.n_pages, 6))
    counts = rng.poisson(rates[kind] * mood)
    return counts.astype(np.float32), kind


def featurize(counts: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(counts)


def standardize(x: torch.Tensor, n_train: int) -> torch.Tensor:
    ref = x[:n_train]
    ref = ref[torch.isfinite(ref).all(1)]
    return (x - ref.mean(0)) / ref.std(0)


def build(cfg: Config, n_in: int, n_out: int) -> nn.Module:
    dims = [n_in, *cfg.hidden]
    blocks: list[nn.Module] = []
    for a, b in zip(dims[:-1], dims[1:]):
        blocks += [nn.Linear(a, b), nn.GELU(), nn.Dropout(cfg.dropout)]
    return nn.Sequential(*blocks, nn.Linear(dims[-1], n_out))


@torch.inference_mode()
def accuracy(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    net.eval()
    return (net(x).argmax(-1) == y).float().mean().item()


def fit(cfg: Config) -> None:
    torch.manual_seed(cfg.seed)
    counts, kind = crawl(cfg)
    n_train = int(0.85 * cfg.n_pages)
    x = standardize(torch.from_numpy(featurize(counts)), n_train)
    y = torch.from_numpy(kind)
    net = build(cfg, x.shape[1], 3)
    opt = optim.Adam(net.parameters(), lr=cfg.lr)
    steps = cfg.epochs * (n_train // cfg.batch)
    sched = optim.lr_scheduler.OneCycleLR(opt, max_lr=cfg.lr * 2, total_steps=steps)
    criterion = nn.CrossEntropyLoss()
    t0 = time.perf_counter()
    for epoch in range(cfg.epochs):
        net.train()
        order = torch.randperm(n_train)
        seen = []
        for b in range(n_train // cfg.batch):
            rows = order[b * cfg.batch:(b + 1) * cfg.batch]
            loss = criterion(net(x[rows]), y[rows])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            sched.step()
            seen.append(loss.item())
        print(f"epoch={epoch:02d} loss={np.mean(seen):.4f} "
              f"val_acc={accuracy(net, x[n_train:], y[n_train:]):.3f} ({time.perf_counter() - t0:.1f}s)")


if __name__ == "__main__":
    fit(Config())
