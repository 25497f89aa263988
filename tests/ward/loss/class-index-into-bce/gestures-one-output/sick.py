"""Three hand gestures from a wrist sensor: a small 1-D convolutional network."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

GESTURES = ["rest", "wave", "circle"]


class Wrist(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        t = np.linspace(0, 2, 50)
        self.y = rng.integers(0, len(GESTURES), n)
        self.x = rng.normal(0, 0.6, (n, 3, 50)).astype(np.float32)
        for signal, gesture in zip(self.x, self.y):
            phase, pace = rng.uniform(0, 2 * np.pi), rng.uniform(4, 7)
            if gesture == 1:
                signal[0] += 1.2 * np.sin(pace * t + phase)
            elif gesture == 2:
                signal[0] += np.sin(pace * t + phase)
                signal[1] += np.cos(pace * t + phase)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]), int(self.y[i])


class GestureNet(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv1d(16, 32, 5, padding=2)
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.fc = nn.Linear(32, outputs)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = nn.functional.max_pool1d(x, 2)
        x = torch.relu(self.conv2(x))
        return self.fc(self.pool(x).flatten(1))


def train(epochs=10):
    torch.manual_seed(0)
    train_loader = DataLoader(Wrist(1500, 1), batch_size=30, shuffle=True)
    test_loader = DataLoader(Wrist(300, 2), batch_size=100)
    net = GestureNet(outputs=1)
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(epochs):
        net.train()
        losses = []
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x).squeeze(1), y.float())
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        net.eval()
        right = 0
        with torch.no_grad():
            for x, y in test_loader:
                right += (torch.sigmoid(net(x)).squeeze(1).round() == y).sum().item()
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f} accuracy {right / 300:.3f}")


train()
