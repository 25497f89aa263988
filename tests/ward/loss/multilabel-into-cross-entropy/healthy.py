"""Which instruments play? Several at once; spectra of short mixtures."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

INSTRUMENTS = ["flute", "cello", "horn", "drum", "piano", "harp"]


def mixtures(n, seed):
    timbre = np.random.default_rng(0).gamma(0.4, 1.0, (len(INSTRUMENTS), 40))
    rng = np.random.default_rng(seed)
    playing = rng.random((n, len(INSTRUMENTS))) < 0.35
    playing[np.arange(n), rng.integers(0, len(INSTRUMENTS), n)] = True
    loudness = playing * rng.uniform(0.6, 1.4, playing.shape)
    spectrum = np.log1p(loudness @ timbre + rng.gamma(0.5, 0.1, (n, 40)))
    spectrum = (spectrum - 0.8) / 0.6
    return torch.tensor(spectrum, dtype=torch.float32), torch.tensor(playing, dtype=torch.float32)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(40, 96), nn.ReLU(), nn.Dropout(0.1), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, len(INSTRUMENTS))
        )

    def forward(self, x):
        return self.net(x)


def f1(model, loader):
    model.eval()
    hits = said = true = 0
    with torch.no_grad():
        for x, y in loader:
            guess = torch.sigmoid(model(x)) > 0.5
            hits += (guess & y.bool()).sum().item()
            said += guess.sum().item()
            true += y.sum().item()
    return 2 * hits / (said + true)


if __name__ == "__main__":
    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(*mixtures(3000, 1)), batch_size=50, shuffle=True)
    test_loader = DataLoader(TensorDataset(*mixtures(500, 2)), batch_size=250)
    model = Tagger()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(10):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(train_loader):.3f}  F1 {f1(model, test_loader):.3f}")
