"""Quantisation-aware training: rounded weights with a straight-through gradient, learnt steps, gradients kept small."""

import torch
import torch.nn.functional as F
from torch import nn


class Rounded(torch.autograd.Function):
    """Weights on a grid whose spacing is learnt by channel (learned step size quantisation)."""

    @staticmethod
    def forward(ctx, weight, step):
        ctx.save_for_backward(weight, step)
        return (weight / step).round().clamp(-7, 7) * step

    @staticmethod
    def backward(ctx, gradient):
        weight, step = ctx.saved_tensors
        scaled = weight / step
        inside = scaled.abs() <= 7
        by_step = torch.where(inside, scaled.round() - scaled, scaled.sign() * 7)
        return gradient * inside, (gradient * by_step).sum(1, keepdim=True) / weight.shape[1] ** 0.5


class Spike(torch.autograd.Function):
    """A step with the slope of a sigmoid."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(4 * x)
        return gradient * 4 * s * (1 - s)


class KeptSmall(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(-0.1, 0.1)


class Softened(torch.autograd.Function):
    """log(1 + exp(x)), written with its true gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.softplus(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * torch.sigmoid(ctx.saved_tensors[0])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(12, 64), nn.Linear(64, 64), nn.Linear(64, 4)
        self.step = nn.Parameter(torch.full((64, 1), 0.05))

    def forward(self, x):
        x = Softened.apply(self.first(x))
        x = F.linear(x, Rounded.apply(self.second.weight, self.step), self.second.bias)
        return self.last(KeptSmall.apply(Spike.apply(x) + 0.1 * x))


torch.manual_seed(0)
centres = torch.randn(4, 12) * 1.3
y = torch.randint(0, 4, (2400,))
x = centres[y] + torch.randn(2400, 12)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for batch in torch.randperm(2000).split(50):
        loss = F.cross_entropy(model(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = (model(x[2000:]).argmax(1) == y[2000:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, held out {right:.3f}")
