"""SimCLR in small: two noisy views of a curve should lie close together."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

N_CURVES, LENGTH, BATCH, TAU = 1500, 64, 96, 0.2


def curves(n, g):
    kind = torch.randint(5, (n,), generator=g)
    t = torch.linspace(0, 1, LENGTH)
    f = 2 + 3 * torch.rand(n, 1, generator=g)
    p = 2 * math.pi * torch.rand(n, 1, generator=g)
    arg = 2 * math.pi * f * t + p
    shapes = torch.stack([
        arg.sin(),
        arg.sin().sign(),
        2 * (arg / (2 * math.pi)).frac() - 1,
        arg.sin() * (arg / 5).sin(),
        (3 * arg.sin()).tanh() * torch.exp(-2 * t),
    ])
    x = shapes[kind, torch.arange(n)]
    return x / x.std(), kind


def augment(x):
    scale = 0.7 + 0.6 * torch.rand(len(x), 1)
    x = torch.roll(x, int(torch.randint(LENGTH, (1,))), 1) * scale
    return x + 0.15 * torch.randn_like(x)


class Encoder(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(1, width, 7, stride=2, padding=3), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Conv1d(width, width, 5, stride=2, padding=2), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Conv1d(width, 2 * width, 3, stride=2, padding=1), nn.ReLU(),
        )
        self.project = nn.Sequential(nn.Linear(2 * width, 64), nn.ReLU(), nn.Linear(64, 32))

    def features(self, x):
        return self.conv(x.unsqueeze(1)).mean(-1)

    def forward(self, x):
        return F.normalize(self.project(self.features(x)), dim=1)


def nt_xent(a, b):
    z = torch.cat([a, b])
    sim = z @ z.t() / TAU
    sim.fill_diagonal_(float("-inf"))
    n = len(a)
    target = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, target)


@torch.no_grad()
def knn_accuracy(enc, bank, query):
    enc.eval()
    zb, zq = (F.normalize(enc.features(x), dim=1) for x in (bank[0], query[0]))
    near = (zq @ zb.t()).topk(9, dim=1).indices
    vote = bank[1][near].mode(1).values
    enc.train()
    return (vote == query[1]).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(16)
    g = torch.Generator().manual_seed(16)
    train, query = curves(N_CURVES, g), curves(250, g)
    enc = Encoder()
    opt = torch.optim.AdamW(enc.parameters(), lr=2e-3, weight_decay=1e-4)
    print(f"chance level of the loss: {math.log(2 * BATCH - 1):.3f}   knn before: {knn_accuracy(enc, train, query):.3f}")
    for epoch in range(10):
        total, steps = 0.0, 0
        for rows in torch.randperm(N_CURVES).split(BATCH):
            if len(rows) < BATCH:
                continue
            x = train[0][rows]
            loss = nt_xent(enc(augment(x)), enc(augment(x)))
            opt.zero_grad()
            loss.backward()
            opt.step()
            total, steps = total + loss.item(), steps + 1
        if epoch % 3 == 0 or epoch == 9:
            print(f"epoch {epoch:2d}  nt-xent {total / steps:.4f}  knn {knn_accuracy(enc, train, query):.3f}")
