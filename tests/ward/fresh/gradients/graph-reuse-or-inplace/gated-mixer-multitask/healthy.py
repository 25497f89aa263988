"""Gated token mixer with two heads: count of the rarest symbol and whether the string is a palindrome."""
from dataclasses import dataclass
import logging

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

logger = logging.getLogger("mixer")


@dataclass(frozen=True)
class Settings:
    length: int = 12
    symbols: int = 6
    dim: int = 48
    blocks: int = 2
    batch: int = 64
    steps: int = 900
    lr: float = 3e-3


class Strings(IterableDataset):
    """An endless stream; half of the strings are palindromes."""

    def __init__(self, s: Settings, seed: int):
        self.s, self.seed = s, seed

    def __iter__(self):
        g = torch.Generator().manual_seed(self.seed)
        while True:
            x = torch.randint(self.s.symbols, (self.s.length,), generator=g)
            mirror = torch.rand(1, generator=g).item() < 0.5
            if mirror:
                half = self.s.length // 2
                x[half:] = x[:half].flip(0)
            yield x, int((x == 0).sum()), float((x == x.flip(0)).all())


class GatedMixer(nn.Module):
    def __init__(self, length: int, dim: int):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.gate = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.across = nn.Linear(length, length)
        self.out = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.norm(x)
        gate = torch.sigmoid(self.gate(h))
        gate = gate * torch.tanh(self.across(self.value(h).transpose(1, 2)).transpose(1, 2))
        x = x + gate
        return x + self.out(x)


class TwoHeaded(nn.Module):
    def __init__(self, s: Settings):
        super().__init__()
        self.symbols = nn.Embedding(s.symbols, s.dim)
        self.places = nn.Parameter(0.1 * torch.randn(s.length, s.dim))
        self.trunk = nn.Sequential(*[GatedMixer(s.length, s.dim) for _ in range(s.blocks)], nn.LayerNorm(s.dim))
        self.count = nn.Linear(s.dim, 1)
        self.mirror = nn.Sequential(nn.Linear(s.length * s.dim, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        h = self.trunk(self.symbols(x) + self.places)
        return self.count(h).sum(1).squeeze(-1), self.mirror(h.flatten(1)).squeeze(-1)


def losses(model, batch):
    x, n, mirror = batch
    n_hat, m_hat = model(x)
    return F.smooth_l1_loss(n_hat, n.float()), F.binary_cross_entropy_with_logits(m_hat, mirror.float()), m_hat


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="[%(name)s] %(message)s")
    torch.manual_seed(64)
    s = Settings()
    stream = iter(DataLoader(Strings(s, 1), batch_size=s.batch))
    held_out = next(iter(DataLoader(Strings(s, 2), batch_size=1000)))
    model = TwoHeaded(s)
    opt = torch.optim.AdamW(model.parameters(), lr=s.lr, weight_decay=0.01)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, s.lr, total_steps=s.steps, pct_start=0.1)
    for step in range(1, s.steps + 1):
        model.train()
        count_loss, mirror_loss, _ = losses(model, next(stream))
        loss = count_loss + mirror_loss
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if step % 100 == 0:
            model.eval()
            with torch.no_grad():
                c, m, logits = losses(model, held_out)
            acc = ((logits > 0) == (held_out[2] > 0.5)).float().mean()
            logger.info("step %d  loss %.4f  held-out count %.4f  mirror %.4f (acc %.3f)", step, loss, c, m, acc)


if __name__ == "__main__":
    main()
