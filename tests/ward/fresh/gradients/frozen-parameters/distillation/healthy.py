import copy
import logging
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

logger = logging.getLogger(__name__)
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s:%(message)s")


def spirals(n, arms=5, noise=0.06, generator=None):
    """Interleaved spiral arms lifted into 10 dimensions by a fixed rotation."""
    label = torch.randint(arms, (n,), generator=generator)
    r = torch.rand(n, generator=generator).sqrt()
    phi = 2 * torch.pi * label / arms + 3.0 * r
    pts = torch.stack([r * phi.cos(), r * phi.sin()], 1) + noise * torch.randn(n, 2, generator=generator)
    basis = torch.linalg.qr(torch.randn(10, 10, generator=torch.Generator().manual_seed(99)))[0]
    x = pts @ basis[:2] * 5
    return x, label


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 2 * dim)
        self.fc2 = nn.Linear(2 * dim, dim)

    def forward(self, x):
        return x + self.fc2(F.silu(self.fc1(self.norm(x))))


class ResMLP(nn.Module):
    def __init__(self, dim=12, depth=3, classes=5):
        super().__init__()
        self.stem = nn.Linear(10, dim)
        self.blocks = nn.Sequential(*[Block(dim) for _ in range(depth)])
        self.classifier = nn.Linear(dim, classes)

    def forward(self, x):
        return self.classifier(self.blocks(self.stem(x)))


def run_epoch(model, x, y, optimizer, teacher=None, T=2.0, alpha=0.7, bs=64):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(bs):
        logits = model(x[idx])
        loss = F.cross_entropy(logits, y[idx])
        if teacher is not None:
            with torch.no_grad():
                soft = F.softmax(teacher(x[idx]) / T, dim=1)
            kd = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T * T
            loss = alpha * kd + (1 - alpha) * loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    return total / len(x)


@torch.no_grad()
def test(model, x, y):
    model.eval()
    return (model(x).argmax(1) == y).float().mean().item()


def reinit(module):
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()


if __name__ == "__main__":
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(1)
    x_train, y_train = spirals(2000, generator=g)
    x_test, y_test = spirals(1000, generator=g)

    teacher = ResMLP()
    opt = torch.optim.AdamW(teacher.parameters(), lr=4e-3)
    for epoch in range(15):
        loss = run_epoch(teacher, x_train, y_train, opt)
    logger.info("teacher: loss %.3f test acc %.3f", loss, test(teacher, x_test, y_test))

    student = copy.deepcopy(teacher).apply(reinit)
    teacher.eval().requires_grad_(False)
    student.classifier = nn.Linear(12, 5)
    opt = torch.optim.AdamW(student.parameters(), lr=4e-3)
    for epoch in range(15):
        loss = run_epoch(student, x_train, y_train, opt, teacher=teacher)
        if epoch % 5 == 4:
            logger.info("student epoch %d: loss %.3f test acc %.3f", epoch + 1, loss, test(student, x_test, y_test))
