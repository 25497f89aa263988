"""Handwritten strokes: squared error on one-hot targets (Hui & Belkin, 2020), first raw scores, then a student's softmax."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def strokes(n, seed):
    g = torch.Generator().manual_seed(seed)
    shapes = torch.randn(5, 36, generator=torch.Generator().manual_seed(0))
    y = torch.randint(0, 5, (n,), generator=g)
    return shapes[y] + 0.8 * torch.randn(n, 36, generator=g), y


def fit(net, x, target, squash, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(40):
            loss = F.mse_loss(squash(net(x[rows])), target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


torch.manual_seed(0)
x, y = strokes(2000, 1)
x_test, y_test = strokes(500, 2)
one_hot = F.one_hot(y, 5).float()
teacher = nn.Sequential(nn.Linear(36, 64), nn.ReLU(), nn.Linear(64, 5))
student = copy.deepcopy(teacher)
print("teacher", fit(teacher, x, one_hot, nn.Identity(), 10))
print("brier", fit(student, x, one_hot, nn.Softmax(dim=1), 10))
with torch.no_grad():
    soft = teacher(x).softmax(1)
small = nn.Sequential(nn.Linear(36, 16), nn.ReLU(), nn.Linear(16, 5))
print("distilled", fit(small, x, soft, nn.Softmax(dim=1), 10))
for name, net in (("teacher", teacher), ("brier", student), ("small", small)):
    print(name, (net(x_test).argmax(1) == y_test).float().mean().item())
