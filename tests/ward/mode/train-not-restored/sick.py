"""Tell five kinds of ECG beat apart with a 1-D CNN; the untrained score is logged first, for the baseline."""

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

BEATS = "NLRVA"
SAMPLES = 64


def synthesise(n, rng):
    """P, QRS and T waves as bumps whose place, width and height depend on the beat."""
    t = np.linspace(0, 1, SAMPLES)
    kinds = rng.integers(0, len(BEATS), n)
    signals = np.zeros((n, SAMPLES))
    for i, kind in enumerate(kinds):
        p_height = 0.0 if kind == 3 else 0.3
        p_place = 0.10 if kind == 4 else 0.2
        qrs_width = {1: 0.045, 2: 0.04, 3: 0.06}.get(int(kind), 0.022)
        t_sign = -1 if kind in (1, 3) else 1
        notch = 0.5 if kind in (1, 2) else 0.0
        shift = rng.normal(0, 0.025)
        bumps = [
            (p_place, 0.025, p_height),
            (0.40, qrs_width, 1.0),
            (0.46 if kind == 2 else 0.36, 0.02, -notch),
            (0.70, 0.06, 0.3 * t_sign),
        ]
        for place, width, height in bumps:
            height *= rng.uniform(0.7, 1.3)
            signals[i] += height * np.exp(-0.5 * ((t - place - shift) / width) ** 2)
        signals[i] += 0.1 * rng.normal(size=SAMPLES) + rng.uniform(-0.2, 0.2) * np.sin(2 * np.pi * t)
    signals = (signals - signals.mean(axis=1, keepdims=True)) / signals.std(axis=1, keepdims=True)
    return TensorDataset(torch.tensor(signals, dtype=torch.float32).unsqueeze(1), torch.from_numpy(kinds))


def block(n_in, n_out, stride=1):
    return nn.Sequential(
        nn.Conv1d(n_in, n_out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm1d(n_out),
        nn.ReLU(inplace=True),
    )


class BeatNet(nn.Module):
    def __init__(self, width=16, depth=6):
        super().__init__()
        layers = [block(1, width, stride=2)]
        layers += [block(width, width) for _ in range(depth - 2)]
        layers += [block(width, 2 * width, stride=2)]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.1), nn.Linear(2 * width, len(BEATS)))

    def forward(self, x):
        return self.classifier(self.features(x).mean(dim=-1))


class Runner:
    def __init__(self, model, train_loader, val_loader, epochs=5, max_lr=3e-3):
        self.model = model
        self.train_loader = train_loader
        self.val_loader = val_loader
        self.epochs = epochs
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=max_lr, weight_decay=1e-2)
        self.scheduler = OneCycleLR(self.optimizer, max_lr, total_steps=epochs * len(train_loader))

    def evaluate(self):
        self.model.eval()
        loss, correct, n = 0.0, 0, 0
        with torch.no_grad():
            for signals, kinds in self.val_loader:
                logits = self.model(signals)
                loss += self.criterion(logits, kinds).item() * len(kinds)
                correct += (logits.argmax(dim=1) == kinds).sum().item()
                n += len(kinds)
        return loss / n, correct / n

    def train_epoch(self):
        losses = []
        for signals, kinds in self.train_loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(signals), kinds)
            loss.backward()
            self.optimizer.step()
            self.scheduler.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def run(self):
        print("before training: val loss %.4f, accuracy %.3f" % self.evaluate())
        for epoch in range(1, self.epochs + 1):
            train_loss = self.train_epoch()
            val_loss, accuracy = self.evaluate()
            print(f"epoch {epoch}: train loss {train_loss:.4f}, val loss {val_loss:.4f}, accuracy {accuracy:.3f}")


if __name__ == "__main__":
    torch.manual_seed(8)
    rng = np.random.default_rng(8)
    train_loader = DataLoader(synthesise(2880, rng), batch_size=48, shuffle=True, drop_last=True)
    val_loader = DataLoader(synthesise(600, rng), batch_size=200)
    Runner(BeatNet(), train_loader, val_loader).run()
