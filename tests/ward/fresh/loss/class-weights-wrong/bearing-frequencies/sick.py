import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LABELS = ["normal", "wear", "crack"]
FREQ = [0.86, 0.10, 0.04]


def vibration_features(n, rng):
    y = rng.choice(3, size=n, p=FREQ)
    centre = np.array([[0, 0, 0, 0], [1.5, -0.6, 0.9, 0], [-0.6, 1.5, 0, 1.2]])
    x = centre[y] + rng.normal(size=(n, 4))
    noise = rng.normal(size=(n, 4))
    return torch.tensor(np.hstack([x, noise]), dtype=torch.float32), torch.tensor(y)


def per_class_recall(logits, y):
    pred = logits.argmax(1)
    return [((pred == k) & (y == k)).sum().item() / max(1, (y == k).sum().item()) for k in range(3)]


def make_weights(y):
    counts = torch.bincount(y, minlength=3).float()
    w = counts / counts.sum()
    return w / w.mean()


class Bearing:
    def __init__(self, seed=14):
        rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.xt, self.yt = vibration_features(3000, rng)
        self.xv, self.yv = vibration_features(1500, rng)
        self.loader = DataLoader(TensorDataset(self.xt, self.yt), batch_size=150, shuffle=True)
        self.net = nn.Sequential(nn.Linear(8, 24), nn.LeakyReLU(), nn.Linear(24, 3))
        self.criterion = nn.CrossEntropyLoss(weight=make_weights(self.yt))
        self.optim = torch.optim.Adam(self.net.parameters(), lr=5e-3)

    def epoch(self):
        total = 0.0
        for x, y in self.loader:
            self.optim.zero_grad()
            loss = self.criterion(self.net(x), y)
            loss.backward()
            self.optim.step()
            total += loss.item()
        return total / len(self.loader)

    def fit(self, n=9):
        for e in range(n):
            tl = self.epoch()
            with torch.no_grad():
                rec = per_class_recall(self.net(self.xv), self.yv)
            print(f"epoch {e}: loss {tl:.3f} " + " ".join(f"{l}={r:.2f}" for l, r in zip(LABELS, rec))
                  + f" macro={sum(rec) / 3:.3f}")


if __name__ == "__main__":
    print("class counts come out near", FREQ)
    Bearing().fit()
