"""Distil a wide teacher into a small student on spiral arms."""
import copy
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ARMS, TEMPERATURE = 5, 2.0


def spirals(n, noise=0.06):
    arm = torch.randint(ARMS, (n,))
    r = 0.1 + 0.9 * torch.rand(n)
    phi = 3.2 * r + arm * 2 * math.pi / ARMS
    xy = torch.stack([r * phi.cos(), r * phi.sin()], 1) + noise * torch.randn(n, 2)
    return xy / xy.std(), arm


def mlp(width, depth):
    layers = [nn.Linear(2, width), nn.SiLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(width, ARMS))


def accuracy(net, data):
    net.eval()
    with torch.no_grad():
        return (net(data[0]).argmax(1) == data[1]).float().mean().item()


def train_teacher(loader, held_out, epochs=14):
    teacher = mlp(128, 3)
    opt = torch.optim.Adam(teacher.parameters(), lr=3e-3)
    best, best_state = 0.0, None
    for epoch in range(epochs):
        teacher.train()
        for x, y in loader:
            opt.zero_grad()
            loss = F.cross_entropy(teacher(x), y)
            loss.backward()
            opt.step()
        acc = accuracy(teacher, held_out)
        if acc > best:
            best, best_state = acc, copy.deepcopy(teacher.state_dict())
        if epoch % 4 == 3:
            print(f"teacher epoch {epoch + 1}: loss {loss.item():.4f} acc {acc:.4f}")
    teacher.load_state_dict(best_state)
    return teacher.eval().requires_grad_(False)


def distillation_loss(student_out, teacher_out):
    soft_targets = F.softmax(teacher_out / TEMPERATURE, dim=1)
    soft_student = F.log_softmax(student_out / TEMPERATURE, dim=1)
    return F.kl_div(soft_student, soft_targets, reduction="batchmean") * TEMPERATURE ** 2


def train_student(student, teacher, loader, held_out, epochs=14):
    opt = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
    sched = torch.optim.lr_scheduler.MultiStepLR(opt, [9, 12], gamma=0.3)
    for epoch in range(epochs):
        student.train()
        total = 0.0
        for x, _ in loader:
            with torch.no_grad():
                target = teacher(x)
            loss = distillation_loss(student(x), target)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        sched.step()
        print(f"student epoch {epoch + 1}: kd loss {total / len(loader):.4f} acc {accuracy(student, held_out):.4f}")


if __name__ == "__main__":
    torch.manual_seed(33)
    x, y = spirals(10000)
    held_out = spirals(2000)
    loader = DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True)
    teacher = train_teacher(loader, held_out)
    print(f"teacher accuracy {accuracy(teacher, held_out):.4f}")
    student = mlp(48, 2)
    train_student(student, teacher, loader, held_out)
