"""Estimate which of eight directions a striped texture runs in, from 30x30 colour patches."""

import math
import time

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def textures(n, side=30, directions=8):
    label = torch.randint(directions, (n,))
    angle = math.pi * label / directions + 0.06 * torch.randn(n)
    freq = torch.empty(n).uniform_(0.5, 0.9)
    phase = torch.rand(n) * 2 * math.pi
    yy, xx = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    along = angle.cos().view(-1, 1, 1) * xx + angle.sin().view(-1, 1, 1) * yy
    wave = torch.sin(freq.view(-1, 1, 1) * along + phase.view(-1, 1, 1))
    tint = torch.empty(n, 3, 1, 1).uniform_(0.4, 1.0)
    return tint * wave.unsqueeze(1) + 0.4 * torch.randn(n, 3, side, side), label


class TextureNet(nn.Module):
    def __init__(self, num_classes=8):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, kernel_size=5),
            nn.BatchNorm2d(12),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, kernel_size=3),
            nn.BatchNorm2d(24),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(24 * 6 * 6, 48),
            nn.ReLU(inplace=True),
            nn.Linear(48, num_classes),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


class Experiment:
    def __init__(self, model, lr=1e-3, device="cpu"):
        self.device = torch.device(device)
        self.model = model.to(self.device)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=lr, weight_decay=1e-2)

    def step(self, batch):
        x, y = (t.to(self.device) for t in batch)
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def test(self, loader):
        self.model.eval()
        correct = total = 0
        with torch.inference_mode():
            for x, y in loader:
                pred = self.model(x.to(self.device)).argmax(1).cpu()
                correct += (pred == y).sum().item()
                total += y.numel()
        self.model.train()
        return correct / total

    def fit(self, train_loader, test_loader, epochs):
        self.model.train()
        for epoch in range(epochs):
            tic = time.time()
            losses = [self.step(batch) for batch in train_loader]
            acc = self.test(test_loader)
            print(
                f"epoch {epoch + 1}/{epochs} first {losses[0]:.3f} mean {sum(losses) / len(losses):.3f} "
                f"test acc {acc:.3f} ({time.time() - tic:.1f}s)"
            )


if __name__ == "__main__":
    x, y = textures(2000)
    x = (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True)
    train, test = random_split(TensorDataset(x, y), [1600, 400])
    experiment = Experiment(TextureNet())
    experiment.fit(
        DataLoader(train, batch_size=32, shuffle=True, drop_last=True), DataLoader(test, batch_size=200), epochs=5
    )
