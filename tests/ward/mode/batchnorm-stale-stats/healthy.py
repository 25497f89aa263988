"""A small convolutional classifier of grey patches."""

import torch
import torch.nn.functional as F
from torch import nn


def block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, stride=2), nn.BatchNorm2d(outputs), nn.ReLU()
    )


torch.manual_seed(0)
patterns = torch.randn(5, 1, 8, 8)
y = torch.randint(0, 5, (1500,))
x = 4.0 + 0.5 * (patterns[y] + 1.2 * torch.randn(1500, 1, 8, 8))
train_x, train_y, test_x, test_y = x[:1200], y[:1200], x[1200:], y[1200:]
model = nn.Sequential(block(1, 12), block(12, 24), nn.Flatten(), nn.Linear(96, 5))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(8):
    model.train()
    total = 0.0
    for batch in torch.randperm(1200).split(40):
        loss = F.cross_entropy(model(train_x[batch]), train_y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / 30
    model.eval()
    with torch.no_grad():
        scores = model(test_x)
        held_out = F.cross_entropy(scores, test_y).item()
        right = (scores.argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch}: loss {total:.3f}, held out {held_out:.3f}, right {right:.3f}")
