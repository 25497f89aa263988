"""Predict the delay of a train from several sources, each with a branch of its own, kept by name."""

import torch
from torch import nn

SOURCES = {"weather": 6, "traffic": 10, "calendar": 4}


class DelayModel(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        branches = {name: nn.Sequential(nn.Linear(size, width), nn.ReLU()) for name, size in SOURCES.items()}
        self.branches = nn.ModuleDict(branches)
        self.mixers = nn.ModuleList([nn.Linear(width, 1) for _ in SOURCES])

    def forward(self, batch):
        parts = [mix(self.branches[name](batch[name])) for mix, name in zip(self.mixers, SOURCES)]
        return sum(parts).squeeze(1)


def make_data(n):
    data = {name: torch.randn(n, size) for name, size in SOURCES.items()}
    rain = torch.relu(data["weather"][:, 0])
    queue = (data["traffic"][:, :3].sum(1)).clamp(min=0)
    delay = 0.8 * rain + 0.6 * queue + 0.5 * data["calendar"][:, 1] + 0.2 * torch.randn(n)
    return data, (delay - delay.mean()) / delay.std()


class Experiment:
    def __init__(self):
        torch.manual_seed(1)
        self.model = DelayModel()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=3e-3)
        self.data, self.delay = make_data(2000)

    def run(self, epochs=10):
        for epoch in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(self.delay)).split(50):
                batch = {name: values[rows] for name, values in self.data.items()}
                loss = nn.functional.mse_loss(self.model(batch), self.delay[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item()
            print(f"epoch {epoch + 1}: {total * 50 / len(self.delay):.4f}")


if __name__ == "__main__":
    Experiment().run()
