"""Grade the ripeness of fruit from twelve sensors; a training class with validation."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Ripeness(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(12, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU()
        )
        self.grade = nn.Linear(64, 5)

    def forward(self, x):
        return self.grade(self.encoder(x))


class Training:
    def __init__(self, model, train, valid):
        self.model, self.train_set, self.valid_set = model, train, valid
        self.optimizer = torch.optim.AdamW(model.encoder.parameters(), lr=1e-3)

    def validate(self):
        self.model.eval()
        right = 0
        with torch.no_grad():
            for x, y in DataLoader(self.valid_set, batch_size=100):
                right += (self.model(x).argmax(1) == y).sum().item()
        return right / len(self.valid_set)

    def run(self, epochs):
        self.model.train()
        for epoch in range(epochs):
            for x, y in DataLoader(self.train_set, batch_size=40, shuffle=True):
                self.optimizer.zero_grad()
                loss = F.cross_entropy(self.model(x), y)
                loss.backward()
                self.optimizer.step()
            print(f"epoch {epoch} loss {loss.item():.3f} valid {self.validate():.3f}")


def fruit(count):
    sensors = torch.randn(count, 12)
    ripe = sensors[:, 0] + sensors[:, 1] * sensors[:, 2] + 0.2 * torch.randn(count)
    return TensorDataset(sensors, torch.bucketize(ripe, torch.tensor([-1.2, -0.4, 0.4, 1.2])))


torch.manual_seed(4)
Training(Ripeness(), fruit(2400), fruit(600)).run(8)
