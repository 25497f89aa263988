"""A training of a few seconds to a minute, healthy or sick of one disease: the patient of `examine_time.py`."""

from __future__ import annotations

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 5
RATES = {"": 2e-3, "slow": 1e-7, "steep": 0.5}


class Sequences(nn.Module):
    """Reads a sequence, and tells its class by the last state."""

    def __init__(self) -> None:
        """A layer that reads, and one that tells."""
        super().__init__()
        self.gru, self.head = nn.GRU(6, 48, batch_first=True), nn.Linear(48, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of the four classes."""
        return self.head(self.gru(x)[0][:, -1])


def data(net: str, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Samples of four classes, which overlap a little."""
    shape = {"mlp": (64,), "cnn": (3, 16, 16), "gru": (20, 6)}[net]
    centres = 0.35 * torch.randn(4, *shape)
    labels = torch.randint(0, 4, (samples,))
    return centres[labels] + torch.randn(samples, *shape), labels


def network(net: str) -> nn.Module:
    """The network of that kind."""
    if net == "gru":
        return Sequences()
    if net == "mlp":
        return nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 4))
    return nn.Sequential(
        nn.Conv2d(3, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(24, 48, 3, padding=1), nn.BatchNorm2d(48), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 4),
    )  # fmt: skip


def main() -> None:
    """Trains, and tells the accuracy on data held out after each epoch."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("net", choices=("mlp", "cnn", "gru"))
    arguments.add_argument("--disease", default="", choices=("", "slow", "steep", "unscaled", "uncleaned"))
    arguments.add_argument("--samples", type=int, default=2048)
    chosen = arguments.parse_args()
    torch.manual_seed(0)
    x, y = data(chosen.net, chosen.samples + 512)
    if chosen.disease == "unscaled":
        x = 400.0 * x + 9000.0
    train = DataLoader(TensorDataset(x[512:], y[512:]), batch_size=64, shuffle=True)
    held_out = DataLoader(TensorDataset(x[:512], y[:512]), batch_size=256)
    model = network(chosen.net)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATES.get(chosen.disease, RATES[""]))
    criterion = nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        model.train()
        for inputs, labels in train:
            if chosen.disease != "uncleaned":
                optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum(int((model(inputs).argmax(1) == labels).sum()) for inputs, labels in held_out)
        print(f"epoch {epoch}: loss {loss.item():.4f}, accuracy {right / 512:.3f}")


if __name__ == "__main__":
    main()
