"""Small image classifier regularised with mixup and label smoothing."""

import math

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 10
ALPHA = 0.2
SMOOTHING = 0.1


def make_images(n, side=16):
    """Ten patterns: five orientations of a grating, at two spacings."""
    labels = torch.randint(CLASSES, (n,))
    angle = math.pi * (labels % 5) / 5 + 0.08 * torch.randn(n)
    freq = torch.where(labels < 5, 0.7, 1.4)
    phase = 2 * math.pi * torch.rand(n)
    yy, xx = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
    along = angle.cos().view(-1, 1, 1) * xx + angle.sin().view(-1, 1, 1) * yy
    images = torch.sin(freq.view(-1, 1, 1) * along + phase.view(-1, 1, 1)) + 0.6 * torch.randn(n, side, side)
    return images.unsqueeze(1), labels


def mixup_data(x, y, alpha=ALPHA):
    lam = float(np.random.beta(alpha, alpha))
    index = torch.randperm(x.size(0))
    return lam * x + (1 - lam) * x[index], y, y[index], lam


def conv_block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(), nn.MaxPool2d(2)
    )


def main():
    torch.manual_seed(8)
    np.random.seed(8)
    x_train, y_train = make_images(2560)
    x_val, y_val = make_images(500)
    mean, std = x_train.mean(), x_train.std()
    x_train, x_val = (x_train - mean) / std, (x_val - mean) / std
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True, drop_last=True)

    model = nn.Sequential(conv_block(1, 16), conv_block(16, 32), nn.Flatten(), nn.Linear(32 * 16, CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    epochs = 8
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    criterion = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)

    for epoch in range(epochs):
        model.train()
        train_loss = train_correct = 0.0
        for x, y in loader:
            mixed, y_a, y_b, lam = mixup_data(x, y)
            output = model(mixed)
            loss = lam * criterion(output, y_a) + (1 - lam) * criterion(output, y_b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            train_loss += loss.item()
            pred = output.argmax(1)
            train_correct += lam * (pred == y_a).sum().item() + (1 - lam) * (pred == y_b).sum().item()
        scheduler.step()

        model.eval()
        with torch.no_grad():
            output = model(x_val)
            val_loss = nn.functional.cross_entropy(output, y_val).item()
            val_acc = (output.argmax(1) == y_val).float().mean().item()
        print(
            f"epoch {epoch + 1} train loss {train_loss / len(loader):.3f} (mixed acc {train_correct / 2560:.3f}) "
            f"val loss {val_loss:.3f} val acc {val_acc:.3f}"
        )


if __name__ == "__main__":
    main()
