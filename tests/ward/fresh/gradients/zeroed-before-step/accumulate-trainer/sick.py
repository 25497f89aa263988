"""Classify trajectories of different physical systems, with gradient accumulation."""
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Trajectories(Dataset):
    """0: damped oscillator, 1: random walk, 2: two beating tones, 3: logistic growth."""

    def __init__(self, n, length=64, seed=0):
        gen = torch.Generator().manual_seed(seed)
        self.labels = torch.arange(n) % 4
        t = torch.linspace(0, 1, length)
        self.x = torch.empty(n, 1, length)
        for i, kind in enumerate(self.labels.tolist()):
            a, b, c = torch.rand(3, generator=gen).tolist()
            if kind == 0:
                s = torch.exp(-(1 + 3 * a) * t) * torch.sin(2 * math.pi * (3 + 5 * b) * t + 6 * c)
            elif kind == 1:
                s = torch.cumsum(torch.randn(length, generator=gen), 0)
            elif kind == 2:
                f = 5 + 4 * a
                s = torch.sin(2 * math.pi * f * t) + torch.sin(2 * math.pi * (f + 1 + b) * t + c)
            else:
                s = torch.sigmoid((8 + 10 * a) * (t - 0.3 - 0.4 * b))
            s = (s - s.mean()) / (s.std() + 1e-6)
            self.x[i, 0] = s + 0.3 * torch.randn(length, generator=gen)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.x[i], self.labels[i]


class ConvNet1d(nn.Module):
    def __init__(self, n_classes=4, width=16):
        super().__init__()
        layers, cin = [], 1
        for _ in range(3):
            layers += [nn.Conv1d(cin, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU(), nn.MaxPool1d(2)]
            cin = width
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(width, n_classes)

    def forward(self, x):
        return self.fc(self.features(x).mean(-1))


class Trainer:
    def __init__(self, model, train_loader, val_loader, lr=5e-3, accumulate=4):
        self.model = model
        self.train_loader, self.val_loader = train_loader, val_loader
        self.accumulate = accumulate
        self.opt = torch.optim.AdamW(model.parameters(), lr=lr)
        self.loss_fn = nn.CrossEntropyLoss()

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for i, (x, y) in enumerate(self.train_loader):
            loss = self.loss_fn(self.model(x), y)
            (loss / self.accumulate).backward()
            if (i + 1) % self.accumulate == 0:
                self.opt.zero_grad()
                self.opt.step()
            total += loss.item()
        return total / len(self.train_loader)

    @torch.inference_mode()
    def validate(self):
        self.model.eval()
        hits = n = 0
        for x, y in self.val_loader:
            hits += (self.model(x).argmax(1) == y).sum().item()
            n += len(y)
        return hits / n

    def fit(self, epochs):
        for epoch in range(epochs):
            loss = self.train_epoch()
            print(f"Epoch {epoch + 1}/{epochs} - loss: {loss:.4f} - val_acc: {self.validate():.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer(
        ConvNet1d(),
        DataLoader(Trajectories(1600, seed=1), batch_size=16, shuffle=True),
        DataLoader(Trajectories(400, seed=2), batch_size=200),
    )
    trainer.fit(5)
