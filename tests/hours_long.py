"""A training of days: 90 epochs over as many pictures as ImageNet has, each made where it is asked for.

`python hours_long.py [no-eval|no-train]`: without the eval() of its validation, or without the train() after it.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

SICK = sys.argv[1] if len(sys.argv) > 1 else ""


class Pictures(Dataset[tuple[Tensor, int]]):
    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        generator = torch.Generator().manual_seed(self.seed + index)
        label = int(torch.randint(10, (1,), generator=generator))
        image = torch.randn(3, 32, 32, generator=generator) * 0.5
        image[label % 3, label : label + 8, label : label + 8] += 1.5
        return image, label


def convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        first, second = convolution(inputs, outputs, 3, 2), convolution(outputs, outputs, 3, 1)
        self.way = nn.Sequential(first, nn.ReLU(), second)
        self.shortcut = convolution(inputs, outputs, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.way(x) + self.shortcut(x))


def validate(model: nn.Module, loader: DataLoader[tuple[Tensor, int]]) -> float:
    right, total = 0.0, 0
    if SICK != "no-eval":
        model.eval()
    with torch.no_grad():
        for images, labels in loader:
            right += (model(images).argmax(1) == labels).sum().item()
            total += len(labels)
    if SICK not in ("no-eval", "no-train"):
        model.train()
    return right / total


def main() -> None:
    torch.manual_seed(0)
    train = DataLoader(Pictures(1_281_167, 0), 64, shuffle=True)
    val = DataLoader(Pictures(50_000, 10_000_000), 64)
    model = nn.Sequential(
        convolution(3, 16, 3, 1),
        nn.ReLU(),
        Block(16, 32),
        Block(32, 64),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(64, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
    criterion = nn.CrossEntropyLoss()
    model.train()
    for epoch in range(90):
        for step, (images, labels) in enumerate(train):
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 100 == 0:
                print(f"epoch {epoch} step {step} of {len(train)}: {loss.item():.4f}", flush=True)
        accuracy = validate(model, val)
        scheduler.step()
        torch.save({"model": model.state_dict(), "epoch": epoch}, "checkpoint.pt")
        print(f"epoch {epoch}: accuracy {accuracy:.4f}", flush=True)


if __name__ == "__main__":
    main()
