"""Denoise vibrations; the loss punishes the energy of the whole window too."""

import torch
from torch import nn


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 9, padding=4), nn.ReLU(), nn.Conv1d(16, 16, 9, padding=4), nn.ReLU(), nn.Conv1d(16, 1, 9, padding=4)
        )

    def forward(self, noisy):
        return noisy + self.net(noisy)


def windows(count, generator):
    time = torch.linspace(0, 60, 256)
    loud = 1.0 + 0.5 * torch.rand(count, 1, 1, generator=generator)
    loud[torch.rand(count, 1, 1, generator=generator) < 0.01] *= 25
    clean = loud * torch.sin(time + 6.28 * torch.rand(count, 1, 1, generator=generator))
    return clean + 0.3 * torch.randn(count, 1, 256, generator=generator), clean


class Training:
    def __init__(self):
        self.generator = torch.Generator().manual_seed(8)
        torch.manual_seed(8)
        self.model = Denoiser()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.noisy, self.clean = windows(1500, self.generator)

    def loss(self, noisy, clean):
        with torch.autocast("cpu", dtype=torch.float16):
            guess = self.model(noisy)
            energy = (guess * guess).sum(dim=2)
            wanted = (clean.half() ** 2).sum(dim=2)
        error = torch.nn.functional.smooth_l1_loss(guess.float(), clean)
        return error + 0.01 * (torch.log1p(energy.float()) - torch.log1p(wanted.float())).abs().mean()

    def run(self, steps):
        for step in range(steps):
            rows = torch.randint(1500, (16,), generator=self.generator)
            loss = self.loss(self.noisy[rows], self.clean[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if step % 40 == 0:
                print(step, round(loss.item(), 4))


Training().run(240)
