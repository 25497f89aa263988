"""Tag short audio-like feature vectors with any of eight rare events (multi-label)."""

import math

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

N_EVENTS = 8
N_FEATURES = 40
PRIOR = 0.01


class EventClips(Dataset):
    """Every event leaves its own signature, more or less strongly, on top of background noise."""

    def __init__(self, n, signatures, seed):
        rng = np.random.default_rng(seed)
        present = rng.random((n, N_EVENTS)) < 0.1
        strength = rng.uniform(0.8, 1.6, (n, N_EVENTS))
        x = (present * strength) @ signatures + rng.normal(0, 0.4, (n, N_FEATURES))
        self.x = x.astype(np.float32)
        self.y = present.astype(np.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Tagger(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(N_FEATURES, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.events = nn.Linear(hidden, N_EVENTS)
        self.init_weights()

    def init_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.constant_(m.bias, -math.log((1 - PRIOR) / PRIOR))

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.events(x)


def evaluate(model, loader, loss_fn):
    model.eval()
    loss, tp, fp, fn = 0.0, 0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            logits = model(x)
            loss += loss_fn(logits, y).item() * len(x)
            guess = logits > 0
            tp += (guess & (y == 1)).sum().item()
            fp += (guess & (y == 0)).sum().item()
            fn += (~guess & (y == 1)).sum().item()
    return loss / len(loader.dataset), 2 * tp / max(1, 2 * tp + fp + fn)


def main():
    torch.manual_seed(99)
    signatures = np.random.default_rng(99).normal(0, 1, (N_EVENTS, N_FEATURES))
    train_set = EventClips(3000, signatures, seed=0)
    val_set = EventClips(600, signatures, seed=1)
    mean, std = train_set.x.mean(0), train_set.x.std(0)
    for split in (train_set, val_set):
        split.x = (split.x - mean) / std

    train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=300)
    model = Tagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_fn = nn.BCEWithLogitsLoss()

    for epoch in range(8):
        model.train()
        running = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        val_loss, f1 = evaluate(model, val_loader, loss_fn)
        print(f"epoch {epoch + 1} train_loss={running / len(train_loader):.4f} val_loss={val_loss:.4f} f1={f1:.3f}")


if __name__ == "__main__":
    main()
