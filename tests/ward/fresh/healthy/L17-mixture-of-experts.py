"""Sparse mixture of experts on piecewise functions: each sample sees one expert only."""
import argparse
import logging

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

log = logging.getLogger("moe")


def piecewise(n, g):
    x = torch.randn(n, 6, generator=g)
    region = (x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()
    a = torch.stack([
        x[:, 2] * x[:, 3],
        torch.sin(2 * x[:, 4]),
        x[:, 5].abs() - x[:, 2],
        torch.cos(x[:, 3] + x[:, 4]),
    ], 1)
    y = a.gather(1, region[:, None]).squeeze(1)
    return x, (y + 0.05 * torch.randn(n, generator=g)).unsqueeze(1)


class Expert(nn.Sequential):
    def __init__(self, dim, hidden):
        super().__init__(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))


class SwitchLayer(nn.Module):
    def __init__(self, dim, n_experts, hidden):
        super().__init__()
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.experts = nn.ModuleList([Expert(dim, hidden) for _ in range(n_experts)])

    def forward(self, x):
        probs = self.router(x).softmax(-1)
        weight, choice = probs.max(-1)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            rows = (choice == i).nonzero().squeeze(1)
            if len(rows):
                out = out.index_add(0, rows, expert(x[rows]) * weight[rows, None])
        share = F.one_hot(choice, len(self.experts)).float().mean(0)
        balance = len(self.experts) * (share * probs.mean(0)).sum()
        return x + out, balance, share


class MoERegressor(nn.Module):
    def __init__(self, dim=32, n_experts=8):
        super().__init__()
        self.inp = nn.Sequential(nn.Linear(6, dim), nn.GELU())
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.moe1 = SwitchLayer(dim, n_experts, 64)
        self.moe2 = SwitchLayer(dim, n_experts, 64)
        self.out = nn.Linear(dim, 1)

    def forward(self, x):
        h, b1, _ = self.moe1(self.norm1(self.inp(x)))
        h, b2, share = self.moe2(self.norm2(h))
        return self.out(h), b1 + b2, share


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=6)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--balance", type=float, default=0.01)
    opt = ap.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    torch.manual_seed(44)
    g = torch.Generator().manual_seed(44)
    train = DataLoader(TensorDataset(*piecewise(4000, g)), batch_size=opt.batch, shuffle=True)
    vx, vy = piecewise(500, g)
    model = MoERegressor()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, opt.epochs)
    for epoch in range(opt.epochs):
        model.train()
        total = 0.0
        for x, y in train:
            pred, balance, _ = model(x)
            mse = F.mse_loss(pred, y)
            optimizer.zero_grad()
            (mse + opt.balance * balance).backward()
            optimizer.step()
            total += mse.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            pred, _, share = model(vx)
        log.info("epoch %2d  train mse %.4f  val mse %.4f  (var %.3f)  routing %s", epoch, total / len(train),
                 F.mse_loss(pred, vy).item(), vy.var().item(), [round(s, 2) for s in share.tolist()])


if __name__ == "__main__":
    main()
