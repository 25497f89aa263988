"""Compress short waveforms with an autoencoder."""

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    length: int = 48
    code: int = 6
    width: int = 96
    rate: float = 8.0
    steps: int = 220
    batch: int = 50
    seed: int = 11


def waveforms(count, length):
    t = torch.linspace(0, 1, length)
    phase, pitch = torch.rand(count, 2, 1).mul(torch.tensor([[[6.28], [5.0]]])).unbind(1)
    return torch.sin(phase + (1 + pitch) * 6.28 * t) + 0.05 * torch.randn(count, length)


class Coder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(c.length, c.width), nn.LeakyReLU(0.1), nn.Linear(c.width, c.code))
        self.decode = nn.Sequential(nn.Linear(c.code, c.width), nn.LeakyReLU(0.1), nn.Linear(c.width, c.length))

    def forward(self, x):
        return self.decode(self.encode(x))


def main(c):
    torch.manual_seed(c.seed)
    data = waveforms(2000, c.length)
    net = Coder(c)
    opt = torch.optim.SGD(net.parameters(), lr=c.rate)
    for step in range(c.steps):
        batch = data[torch.randint(len(data), (c.batch,))]
        loss = F.mse_loss(net(batch), batch)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 20 == 0:
            print(step, loss.item())


if __name__ == "__main__":
    main(Config())
