"""Where in a scan is the nodule? Masks of 16 by 16 pixels, a small convolutional segmenter in a class of its own."""

import torch
from torch import nn

SIZE = 16


def scans(n, gen):
    grid = torch.arange(SIZE).float()
    middle = 4 + 8 * torch.rand(n, 2, 1, 1, generator=gen)
    radius = 2 + 2 * torch.rand(n, 1, 1, generator=gen)
    far = (grid[None, :, None] - middle[:, 0]).square() + (grid[None, None, :] - middle[:, 1]).square()
    mask = (far < radius.square()).float()
    return (mask + 0.7 * torch.randn(n, SIZE, SIZE, generator=gen)).unsqueeze(1), mask.unsqueeze(1)


class Segmenter(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 1, 1)
        )

    def forward(self, scan):
        return self.layers(scan)


class Study:
    def __init__(self, gen):
        self.train, self.test = scans(640, gen), scans(160, gen)
        self.model = Segmenter()
        self.criterion = nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=5e-3)

    def epoch(self, batch=32):
        self.model.train()
        for rows in torch.randperm(len(self.train[0])).split(batch):
            loss = self.criterion(self.model(self.train[0][rows]), self.train[1][rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def dice(self):
        self.model.eval()
        found = (self.model(self.test[0]) > 0).float()
        truth = self.test[1]
        return (2 * (found * truth).sum() / (found.sum() + truth.sum()).clamp_min(1)).item()


if __name__ == "__main__":
    torch.manual_seed(0)
    study = Study(torch.Generator().manual_seed(3))
    for n in range(4):
        print(f"epoch {n}: loss {study.epoch():.4f}, dice {study.dice():.4f}")
