"""Vibration windows: which fault (class) and how fast the shaft turns (regression)."""
from typing import NamedTuple

import torch
from torch import Tensor, nn, optim


class Batch(NamedTuple):
    signal: Tensor
    fault: Tensor
    speed: Tensor

    def select(self, idx: Tensor) -> "Batch":
        return Batch(self.signal[idx], self.fault[idx], self.speed[idx])


def record(n: int, seed: int, length: int = 96) -> Batch:
    g = torch.Generator().manual_seed(seed)
    t = torch.linspace(0, 1, length)
    speed = 4 + 8 * torch.rand(n, 1, generator=g)
    phase = 6.28 * torch.rand(n, 1, generator=g)
    fault = torch.randint(3, (n,), generator=g)
    base = torch.sin(6.283 * speed * t + phase)
    imbalance = 0.8 * torch.sin(6.283 * 2 * speed * t + phase + 0.5)
    knocks = 1.6 * torch.exp(-30 * ((speed * t + phase / 6.28) % 1.0 - 0.5) ** 2) - 0.4
    sig = base + imbalance * (fault == 1).float()[:, None] + knocks * (fault == 2).float()[:, None]
    sig = sig + 0.25 * torch.randn(n, length, generator=g)
    return Batch(sig / 1.0, fault, ((speed - 8) / 2.3).squeeze(1))


class TwoHeads(nn.Module):
    def __init__(self, length: int = 96, hidden: int = 128, p: float = 0.4) -> None:
        super().__init__()
        self.shared = nn.Sequential(
            nn.Conv1d(1, 16, 9, stride=2, padding=4), nn.ReLU(),
            nn.Conv1d(16, 24, 7, stride=2, padding=3), nn.ReLU(),
            nn.Flatten(), nn.Linear(24 * length // 4, hidden), nn.ReLU(), nn.Dropout(p),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(p),
        )
        self.fault = nn.Linear(hidden, 3)
        self.speed = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.shared(x.unsqueeze(1))
        return self.fault(h), self.speed(h).squeeze(1)


class Learner:
    def __init__(self, model: nn.Module, lr: float) -> None:
        self.model = model
        self.opt = optim.AdamW(model.parameters(), lr=lr, weight_decay=1e-3)
        self.ce, self.mse = nn.CrossEntropyLoss(), nn.MSELoss()

    def losses(self, b: Batch) -> tuple[Tensor, Tensor]:
        logits, speed = self.model(b.signal)
        return self.ce(logits, b.fault), self.mse(speed, b.speed)

    def epoch(self, data: Batch, bs: int = 64) -> float:
        self.model.train()
        total = 0.0
        chunks = torch.randperm(len(data.fault)).split(bs)
        for idx in chunks:
            a, b = self.losses(data.select(idx))
            loss = a + b
            self.opt.zero_grad(set_to_none=True)
            loss.backward()
            self.opt.step()
            total += loss.item()
        return total / len(chunks)

    @torch.no_grad()
    def report(self, data: Batch) -> dict[str, float]:
        self.model.eval()
        out = {"ce": 0.0, "mse": 0.0, "acc": 0.0}
        chunks = torch.arange(len(data.fault)).split(200)
        for idx in chunks:
            part = data.select(idx)
            logits, speed = self.model(part.signal)
            out["ce"] += self.ce(logits, part.fault).item() / len(chunks)
            out["mse"] += self.mse(speed, part.speed).item() / len(chunks)
            out["acc"] += (logits.argmax(1) == part.fault).float().mean().item() / len(chunks)
        return out


def main() -> None:
    torch.manual_seed(5)
    train, valid = record(2400, 1), record(600, 2)
    learner = Learner(TwoHeads(), lr=1e-3)
    for epoch in range(9):
        loss = learner.epoch(train)
        m = learner.report(valid)
        print(f"{epoch:2d} loss={loss:.4f} | valid ce={m['ce']:.4f} mse={m['mse']:.4f} acc={m['acc']:.4f}")


main()
