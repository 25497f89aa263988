"""Denoising diffusion on a two-dimensional figure of eight."""
from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Args:
    timesteps: int = 100
    steps: int = 1500
    batch: int = 128
    lr: float = 2e-3
    width: int = 64
    ema: float = 0.99


def figure_of_eight(n: int) -> Tensor:
    a = 2 * math.pi * torch.rand(n)
    xy = torch.stack([a.sin(), (2 * a).sin() * 0.6], 1) * 1.5
    return xy + 0.03 * torch.randn(n, 2)


def embed(t: Tensor, dim: int = 32) -> Tensor:
    freqs = torch.exp(-math.log(1000) * torch.arange(dim // 2) / (dim // 2))
    angle = t[:, None].float() * freqs
    return torch.cat([angle.sin(), angle.cos()], 1)


class NoisePredictor(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inp = nn.Linear(2, width)
        self.time = nn.Linear(32, width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.out = nn.Linear(width, 2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = self.inp(x) + self.time(embed(t))
        for layer in self.layers:
            h = h + torch.nn.functional.silu(layer(torch.nn.functional.silu(h)))
        return self.out(h)


class Schedule:
    def __init__(self, n: int) -> None:
        self.beta = torch.linspace(1e-4, 0.08, n)
        self.alpha = 1 - self.beta
        self.bar = self.alpha.cumprod(0)

    def noisy(self, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        b = self.bar[t][:, None]
        return b.sqrt() * x + (1 - b).sqrt() * eps

    @torch.no_grad()
    def sample(self, net: nn.Module, n: int) -> Tensor:
        x = torch.randn(n, 2)
        for i in reversed(range(len(self.beta))):
            eps = net(x, torch.full((n,), i))
            x = (x - self.beta[i] / (1 - self.bar[i]).sqrt() * eps) / self.alpha[i].sqrt()
            if i:
                x = x + self.beta[i].sqrt() * torch.randn_like(x)
        return x


def distance_to_curve(x: Tensor) -> float:
    a = torch.linspace(0, 2 * math.pi, 400)
    curve = torch.stack([a.sin(), (2 * a).sin() * 0.6], 1) * 1.5
    return torch.cdist(x, curve).min(1).values.mean().item()


def main(args: Args) -> None:
    torch.manual_seed(7)
    net, ema = NoisePredictor(args.width), NoisePredictor(args.width)
    ema.load_state_dict(net.state_dict())
    ema.requires_grad_(False)
    opt = torch.optim.Adam(net.parameters(), lr=args.lr)
    sched = Schedule(args.timesteps)
    running = None
    for step in range(1, args.steps + 1):
        x = figure_of_eight(args.batch)
        t = torch.randint(args.timesteps, (args.batch,))
        eps = torch.randn_like(x)
        loss = nn.functional.mse_loss(net(sched.noisy(x, t, eps), t), eps)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        with torch.no_grad():
            for p, q in zip(ema.parameters(), net.parameters()):
                p.lerp_(q, 1 - args.ema)
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % 500 == 0:
            print(f"step {step}  loss {running:.4f}  samples lie {distance_to_curve(sched.sample(ema, 500)):.3f} off the curve")


if __name__ == "__main__":
    main(Args())
