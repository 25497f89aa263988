"""A small ResNet on synthetic textures: SGD with Nesterov momentum, cosine schedule, flips, label smoothing."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

CLASSES = 6


class Textures(Dataset):
    """Coloured gratings: the class sets orientation and frequency, the colours are random."""

    def __init__(self, n, seed, size=16, augment=False):
        g = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(CLASSES, (n,), generator=g)
        angle = (self.labels % 3) * math.pi / 4 + 0.12 * torch.randn(n, generator=g)
        frequency = torch.where(self.labels < 3, 0.9, 1.5) + 0.08 * torch.randn(n, generator=g)
        yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        wave = angle.cos().view(-1, 1, 1) * xx + angle.sin().view(-1, 1, 1) * yy
        wave = torch.sin(frequency.view(-1, 1, 1) * wave + 6.28 * torch.rand(n, 1, 1, generator=g))
        colour = 0.4 + 0.6 * torch.rand(n, 3, 1, 1, generator=g)
        self.images = colour * wave.unsqueeze(1) + 0.5 * torch.randn(n, 3, size, size, generator=g)
        self.images = self.images / self.images.std()
        self.augment = augment

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.augment and torch.rand(()) < 0.5:
            image = image.flip(1, 2)
        return image, self.labels[i]


class BasicBlock(nn.Module):
    def __init__(self, n_in, n_out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, width=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.layer1 = BasicBlock(width, width)
        self.layer2 = BasicBlock(width, 2 * width, stride=2)
        self.layer3 = BasicBlock(2 * width, 2 * width, stride=2)
        self.fc = nn.Linear(2 * width, CLASSES)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, BasicBlock):
                nn.init.zeros_(m.bn2.weight)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.stem(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def main():
    torch.manual_seed(77)
    train_loader = DataLoader(Textures(1680, seed=0, augment=True), batch_size=48, shuffle=True)
    val_loader = DataLoader(Textures(480, seed=1), batch_size=160)
    model = ResNet()
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    epochs = 5
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(train_loader))

    for epoch in range(epochs):
        model.train()
        meter = []
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            meter.append(loss.item())
        model.eval()
        with torch.no_grad():
            hits = sum((model(images).argmax(1) == labels).sum().item() for images, labels in val_loader)
        print(
            f"epoch {epoch + 1}/{epochs} lr {scheduler.get_last_lr()[0]:.4f} "
            f"loss {sum(meter) / len(meter):.4f} val acc {hits / 480:.4f}"
        )


if __name__ == "__main__":
    main()
