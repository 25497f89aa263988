"""Detect falls in two-second accelerometer windows with a 1-D CNN."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

RATE = 32  # Hz
LENGTH = 2 * RATE


class Windows(Dataset):
    """Three axes; a fall is a short free fall, an impact and rest, everything else is walking, sitting or jumping."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        t = np.arange(LENGTH) / RATE
        self.signals = np.zeros((count, 3, LENGTH), dtype=np.float32)
        self.falls = (rng.random(count) < 0.5).astype(np.float32)
        for i in range(count):
            x = rng.normal(0, 0.25, (3, LENGTH))
            gait = rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * (rng.uniform(1.2, 2.4) * t + rng.random()))
            at = rng.integers(16, 44)
            if self.falls[i]:
                gait[at:] *= 0.6
                x[2, at - 8 : at] -= rng.uniform(0.2, 0.9)
                x[:, at : at + 4] += rng.choice([-1, 1], (3, 1)) * rng.uniform(0.9, 2.2, (3, 1))
                x[:, at + 4 :] *= rng.uniform(0.5, 0.9)
            elif rng.random() < 0.7:
                x[:, at : at + 4] += rng.choice([-1, 1], (3, 1)) * rng.uniform(0.9, 2.2, (3, 1))
            x[2] += gait
            x[0] += 0.4 * gait
            self.signals[i] = x
        self.signals -= self.signals.mean(axis=(0, 2), keepdims=True)
        self.signals /= self.signals.std(axis=(0, 2), keepdims=True)

    def __len__(self):
        return len(self.falls)

    def __getitem__(self, index):
        return torch.from_numpy(self.signals[index]), torch.tensor(self.falls[index])


class FallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv1d(16, 32, 5, padding=2)
        self.conv3 = nn.Conv1d(32, 32, 5, padding=2)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.conv1(x)), 2)
        x = F.max_pool1d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.conv3(x)).amax(dim=2)
        return self.out(x).squeeze(1)


def auc(scores, labels):
    """Area under the ROC curve by ranks."""
    order = np.argsort(np.argsort(scores)) + 1
    positive = labels == 1
    n_pos, n_neg = positive.sum(), (~positive).sum()
    return (order[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)


torch.manual_seed(4)
train_loader = DataLoader(Windows(3200, seed=0), batch_size=64, shuffle=True)
test_loader = DataLoader(Windows(800, seed=1), batch_size=200)

model = FallNet()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.3)

for epoch in range(8):
    model.train()
    losses = []
    for signals, falls in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(signals), falls)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    scheduler.step()

    model.eval()
    scores, labels, test_losses = [], [], []
    with torch.no_grad():
        for signals, falls in test_loader:
            output = model(signals)
            test_losses.append(criterion(output, falls).item())
            scores.append(output.numpy())
            labels.append(falls.numpy())
    area = auc(np.concatenate(scores), np.concatenate(labels))
    print(f"epoch {epoch}: train {np.mean(losses):.4f}  test {np.mean(test_losses):.4f}  AUC {area:.3f}")
