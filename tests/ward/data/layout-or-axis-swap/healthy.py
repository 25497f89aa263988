"""Which of four marks is painted on a crate? Small colour photographs, stored with the channels last."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SIZE = 18
MARKS = np.array(
    [
        ["#####", "#...#", "#...#", "#...#", "#####"],
        ["..#..", "..#..", "#####", "..#..", "..#.."],
        ["#...#", ".#.#.", "..#..", ".#.#.", "#...#"],
        ["..#..", ".#.#.", "#...#", ".#.#.", "..#.."],
    ]
)


def photographs(n, rng):
    shapes = np.array([[[dot == "#" for dot in row] for row in mark] for mark in MARKS], dtype=float)
    shapes = shapes.repeat(2, axis=1).repeat(2, axis=2)
    kind = rng.integers(0, 4, n)
    light = np.linspace(-25, 25, SIZE)
    pixels = 110 + rng.normal(0, 15, (n, 1, 1, 3)) + light[None, :, None, None] + rng.normal(0, 12, (n, SIZE, SIZE, 3))
    paint = rng.uniform(30, 90, (n, 3)) * rng.choice([-1, 1], (n, 3))
    for photo, mark, colour in zip(pixels, kind, paint):
        top, left = rng.integers(0, SIZE - 10, 2)
        photo[top : top + 10, left : left + 10] += shapes[mark][..., None] * colour
    return np.clip(pixels, 0, 255).astype(np.uint8), kind


def tensors(photos, kind):
    x = torch.from_numpy(photos).float() / 127.5 - 1
    x = x.permute(0, 3, 1, 2)
    return TensorDataset(x, torch.from_numpy(kind))


rng = np.random.default_rng(4)
train = DataLoader(tensors(*photographs(1024, rng)), batch_size=32, shuffle=True)
test = DataLoader(tensors(*photographs(256, rng)), batch_size=128)

model = nn.Sequential(
    nn.Conv2d(3, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
    nn.Flatten(), nn.Linear(24, 4),
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(6):
    model.train()
    total = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in test)
    print(f"epoch {epoch}: loss {total / len(train):.3f}, test accuracy {right / 256:.3f}")
