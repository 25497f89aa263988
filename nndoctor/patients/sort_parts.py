"""Sorts camera images of small metal parts into eight kinds: a CNN from scratch, on images that are drawn here.

Run it by itself: it trains without an error, and gets nowhere near as good as it could. What is wrong with it?
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 7
KINDS = ["disc", "ring", "square", "frame", "bar", "cross", "wedge", "pair"]
SIZE = 20
BATCH_SIZE = 64
EPOCHS = 4
LEARNING_RATE = 1e-3


def draw_parts(count, generator):
    """Images (count, 1, SIZE, SIZE) of parts that lie turned and shifted on the belt, and the kind of each."""
    kinds = torch.randint(len(KINDS), (count,), generator=generator)
    axis = torch.linspace(-1, 1, SIZE)
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    turn = torch.rand(count, 1, 1, generator=generator) * math.pi
    shift = (torch.rand(count, 2, 1, 1, generator=generator) - 0.5) * 0.4
    y, x = rows - shift[:, 0], columns - shift[:, 1]
    u, v = x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin()
    radius, reach = (u**2 + v**2).sqrt(), torch.maximum(u.abs(), v.abs())
    shapes = torch.stack(
        [
            radius < 0.55,
            (radius - 0.5).abs() < 0.14,
            reach < 0.48,
            (reach - 0.45).abs() < 0.13,
            (u.abs() < 0.7) & (v.abs() < 0.16),
            (reach < 0.65) & (torch.minimum(u.abs(), v.abs()) < 0.14),
            (u > -0.5) & (u < 0.6) & (v.abs() < (0.6 - u) * 0.5),
            ((u.abs() - 0.4) ** 2 + v**2).sqrt() < 0.24,
        ],
        dim=1,
    )
    images = shapes[torch.arange(count), kinds].float()
    images = images + 0.25 * torch.randn(images.shape, generator=generator)
    return images.unsqueeze(1), kinds


class PartNet(nn.Module):
    def __init__(self, num_kinds):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.hidden = nn.Linear(32 * (SIZE // 4) ** 2, 64)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(64, num_kinds)

    def forward(self, images):
        x = self.features(images).flatten(1)
        x = self.dropout(F.relu(self.hidden(x)))
        return F.softmax(self.out(x), dim=1)


def evaluate(model, loader, criterion):
    model.eval()
    loss_sum, correct, count = 0.0, 0, 0
    with torch.no_grad():
        for images, kinds in loader:
            outputs = model(images)
            loss_sum += criterion(outputs, kinds).item() * len(kinds)
            correct += (outputs.argmax(dim=1) == kinds).sum().item()
            count += len(kinds)
    return loss_sum / count, correct / count


def train():
    torch.set_num_threads(1)  # so small a net is not faster with more
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    images, kinds = draw_parts(3072, generator)
    mean, std = images[:2560].mean(), images[:2560].std()
    images = (images - mean) / std
    train_set = TensorDataset(images[:2560], kinds[:2560])
    val_set = TensorDataset(images[2560:], kinds[2560:])
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True, generator=generator)
    val_loader = DataLoader(val_set, batch_size=256)

    model = PartNet(len(KINDS))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    for epoch in range(EPOCHS):
        model.train()
        running = 0.0
        for batch_images, batch_kinds in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(batch_images), batch_kinds)
            loss.backward()
            optimizer.step()
            running += loss.item() * len(batch_kinds)
        val_loss, accuracy = evaluate(model, val_loader, criterion)
        print(
            f"epoch {epoch + 1}/{EPOCHS}  train loss {running / len(train_set):.3f}  "
            f"val loss {val_loss:.3f}  val accuracy {accuracy:.1%}",
            flush=True,
        )


if __name__ == "__main__":
    train()
