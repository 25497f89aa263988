"""Spot a pattern of tones in a long noisy feature stream with a GRU."""
import json
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CONFIG = {
    "frames": 80, "mels": 12, "hidden": 32, "classes": 4,
    "train": 640, "valid": 800, "batch": 32, "valid_batch": 100, "epochs": 4, "lr": 4e-3, "seed": 14,
}


class Streams(Dataset):
    """A chirp (up, down, hat or cup) hidden somewhere in coloured noise."""

    def __init__(self, n, cfg, seed):
        g = torch.Generator().manual_seed(seed)
        T, M = cfg["frames"], cfg["mels"]
        noise = torch.randn(n, T, M, generator=g)
        self.x = 0.5 * (noise + noise.roll(1, dims=1))
        self.y = torch.randint(cfg["classes"], (n,), generator=g)
        span = 24
        u = torch.linspace(-1, 1, span)
        shapes = torch.stack([u, -u, 1 - 2 * u.abs(), 2 * u.abs() - 1])
        mel = torch.arange(M, dtype=torch.float32)
        for i in range(n):
            start = int(torch.randint(0, T - span, (1,), generator=g))
            centre = (M - 1) / 2 * (1 + 0.8 * shapes[self.y[i]])
            self.x[i, start:start + span] += 2.5 * torch.exp(-0.5 * (mel - centre[:, None]) ** 2)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Spotter(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.gru = nn.GRU(cfg["mels"], cfg["hidden"], num_layers=1, batch_first=True, bidirectional=True)
        self.cls = nn.Linear(2 * cfg["hidden"], cfg["classes"])

    def forward(self, x):
        h, _ = self.gru(x)
        return self.cls(h.max(dim=1).values)


class Runner:
    def __init__(self, cfg):
        self.cfg = cfg
        torch.manual_seed(cfg["seed"])
        self.train_dl = DataLoader(Streams(cfg["train"], cfg, 1), cfg["batch"], shuffle=True)
        self.valid_dl = DataLoader(Streams(cfg["valid"], cfg, 2), cfg["valid_batch"])
        self.model = Spotter(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg["lr"])
        self.loss = nn.CrossEntropyLoss()

    def fit(self):
        for epoch in range(self.cfg["epochs"]):
            self.model.train()
            seen = []
            for x, y in self.train_dl:
                self.opt.zero_grad()
                loss = self.loss(self.model(x), y)
                loss.backward()
                self.opt.step()
                seen.append(loss.item())
            row = {"epoch": epoch, "train": round(sum(seen) / len(seen), 4), **self.score()}
            print(json.dumps(row))
            sys.stdout.flush()

    def score(self):
        self.model.eval()
        total, hits = 0.0, 0.0
        for x, y in self.valid_dl:
            out = self.model(x)
            total += self.loss(out, y) * len(y)
            hits += (out.argmax(1) == y).sum()
        n = len(self.valid_dl.dataset)
        return {"valid": round(float(total) / n, 4), "acc": round(float(hits) / n, 4)}


if __name__ == "__main__":
    Runner(CONFIG).fit()
