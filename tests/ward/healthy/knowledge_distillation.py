"""Distil a wide network into a narrow one: the teacher is trained first, then frozen."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

TEMPERATURE = 2.0
ALPHA = 0.7
N_CLASSES = 5


def rings(n):
    """Classes are rings around several centres, hidden in 16 dimensions."""
    mix = torch.randn(4, 16, generator=torch.Generator().manual_seed(1))
    hidden = torch.randn(n, 4)
    radius = hidden[:, :2].norm(dim=1) + 0.5 * torch.sin(2 * hidden[:, 2])
    y = torch.bucketize(radius, torch.tensor([0.5, 0.95, 1.35, 1.85]))
    x = hidden @ mix + 0.1 * torch.randn(n, 16)
    return (x - x.mean(0)) / x.std(0), y


def make_net(width, depth):
    layers, n_in = [], 16
    for _ in range(depth):
        layers += [nn.Linear(n_in, width), nn.ReLU()]
        n_in = width
    return nn.Sequential(*layers, nn.Linear(n_in, N_CLASSES))


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def train_teacher(teacher, loader, epochs=5):
    optimizer = torch.optim.Adam(teacher.parameters(), lr=2e-3)
    for epoch in range(epochs):
        teacher.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(teacher(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"teacher epoch {epoch}: loss {total / len(loader):.4f}")


def distil(student, teacher, loader, epochs=6):
    teacher.eval()
    teacher.requires_grad_(False)
    optimizer = torch.optim.Adam(student.parameters(), lr=4e-3)
    for epoch in range(epochs):
        student.train()
        total = 0.0
        for x, y in loader:
            with torch.no_grad():
                soft = F.softmax(teacher(x) / TEMPERATURE, dim=1)
            logits = student(x)
            imitation = F.kl_div(F.log_softmax(logits / TEMPERATURE, dim=1), soft, reduction="batchmean")
            loss = ALPHA * TEMPERATURE**2 * imitation + (1 - ALPHA) * F.cross_entropy(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"student epoch {epoch}: loss {total / len(loader):.4f}")


def main():
    torch.manual_seed(5)
    train_loader = DataLoader(TensorDataset(*rings(4000)), batch_size=64, shuffle=True)
    test_loader = DataLoader(TensorDataset(*rings(1000)), batch_size=500)
    teacher, student = make_net(192, 3), make_net(48, 2)
    train_teacher(teacher, train_loader)
    print(f"teacher accuracy {accuracy(teacher, test_loader):.3f}")
    distil(student, teacher, train_loader)
    print(f"student accuracy {accuracy(student, test_loader):.3f}")


if __name__ == "__main__":
    main()
