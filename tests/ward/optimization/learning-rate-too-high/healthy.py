"""Classify noisy drawings of five simple shapes with a small convolutional network."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
rng = np.random.default_rng(0)

SIZE = 20
SHAPES = ["disc", "ring", "square", "cross", "bar"]


def draw(shape):
    yy, xx = np.mgrid[0:SIZE, 0:SIZE]
    cy, cx = rng.uniform(6, 13, size=2)
    r = rng.uniform(3.5, 5.5)
    dist = np.hypot(yy - cy, xx - cx)
    if shape == "disc":
        img = dist < r
    elif shape == "ring":
        img = (dist < r) & (dist > r - 1.8)
    elif shape == "square":
        img = (abs(yy - cy) < r * 0.9) & (abs(xx - cx) < r * 0.9)
    elif shape == "cross":
        img = ((abs(yy - cy) < 1.2) & (abs(xx - cx) < r)) | ((abs(xx - cx) < 1.2) & (abs(yy - cy) < r))
    else:
        img = (abs(yy - cy) < 1.5) & (abs(xx - cx) < r)
    return img.astype(np.float32) + rng.normal(0, 0.25, size=(SIZE, SIZE)).astype(np.float32)


def make(n):
    labels = rng.integers(0, len(SHAPES), size=n)
    images = np.stack([draw(SHAPES[k]) for k in labels])
    return torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels)


x_train, y_train = make(2400)
x_test, y_test = make(500)
mean, std = x_train.mean(), x_train.std()
x_train = (x_train - mean) / std
x_test = (x_test - mean) / std

train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=48, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=250)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 5 * 5, 64)
        self.fc2 = nn.Linear(64, len(SHAPES))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(7):
    model.train()
    running = 0.0
    for i, (images, labels) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
        if epoch == 0 and i == 0:
            print(f"first batch loss {loss.item():.3f}")

    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in test_loader:
            correct += (model(images).argmax(1) == labels).sum().item()
    print(f"epoch {epoch + 1}: train loss {running / len(train_loader):.3f}, test accuracy {correct / len(x_test):.3f}")
