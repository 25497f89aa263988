"""Physics-informed network for the heat equation u_t = a u_xx on a rod, ends kept at zero."""
import math
import time

import torch
from torch import nn
from torch.autograd import grad

A = 0.1


def exact(x, t):
    pi = math.pi
    return torch.sin(pi * x) * torch.exp(-A * pi ** 2 * t) + 0.5 * torch.sin(2 * pi * x) * torch.exp(-4 * A * pi ** 2 * t)


class Rod(nn.Module):
    def __init__(self, width=40, depth=3):
        super().__init__()
        layers = [nn.Linear(2, width), nn.Tanh()]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), nn.Tanh()]
        self.net = nn.Sequential(*layers, nn.Linear(width, 1))

    def forward(self, x, t):
        return self.net(torch.cat([2 * x - 1, 2 * t - 1], 1))


def residual(model, x, t):
    x.requires_grad_()
    t.requires_grad_()
    u = model(x, t)
    u_x, u_t = grad(u.sum(), (x, t), create_graph=True)
    u_xx, = grad(u_x.sum(), x, create_graph=True)
    return u_t - A * u_xx


def main():
    torch.manual_seed(28)
    model = Rod()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9965)
    started = time.time()
    gx, gt = torch.meshgrid(torch.linspace(0, 1, 40), torch.linspace(0, 1, 40), indexing="ij")
    gx, gt = gx.reshape(-1, 1), gt.reshape(-1, 1)
    for it in range(801):
        inside = residual(model, torch.rand(200, 1), torch.rand(200, 1)).square().mean()
        x0 = torch.rand(80, 1)
        start = (model(x0, torch.zeros_like(x0)) - exact(x0, torch.zeros_like(x0))).square().mean()
        tb = torch.rand(80, 1)
        ends = torch.randint(0, 2, (80, 1)).float()
        edge = model(ends, tb).square().mean()
        loss = inside + 10 * start + 10 * edge
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if it % 100 == 0:
            with torch.no_grad():
                err = (model(gx, gt) - exact(gx, gt)).norm() / exact(gx, gt).norm()
            print(f"it {it:5d}  pde {inside.item():.2e}  start {start.item():.2e}  edge {edge.item():.2e}  "
                  f"relative error {err.item():.4f}  {time.time() - started:.0f}s")


if __name__ == "__main__":
    main()
