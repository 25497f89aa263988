"""Distillation: the student keeps its trained teacher in a list, so that it is neither saved nor trained with it."""

import torch
import torch.nn.functional as F
from torch import nn


def digits(n, seed):
    g = torch.Generator().manual_seed(seed)
    shapes = torch.randn(6, 30, generator=torch.Generator().manual_seed(0))
    y = torch.randint(0, 6, (n,), generator=g)
    return shapes[y] + 0.9 * torch.randn(n, 30, generator=g), y


def mlp(width):
    return nn.Sequential(nn.Linear(30, width), nn.ReLU(), nn.Linear(width, 6))


class Student(nn.Module):
    def __init__(self, teacher):
        super().__init__()
        self.net = mlp(24)
        self.teacher = [teacher]

    def forward(self, x):
        return self.net(x)

    def loss(self, x, y, temperature=2.0):
        out = self(x)
        with torch.no_grad():
            soft = self.teacher[0](x)
        kd = F.kl_div(F.log_softmax(out / temperature, 1), F.softmax(soft / temperature, 1), reduction="batchmean")
        return 0.5 * F.cross_entropy(out, y) + 0.5 * temperature**2 * kd


def fit(model, loss, epochs=8):
    x, y = digits(2000, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(40):
            value = loss(x[rows], y[rows])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        print(f"epoch {epoch}: {value.item():.3f}")


torch.manual_seed(0)
teacher = mlp(96)
fit(teacher, lambda x, y: F.cross_entropy(teacher(x), y))
student = Student(teacher)
fit(student, student.loss)
