"""VGG-style network made from a list, trained on rendered symbols."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

PLANS = {
    "S": [8, 8, 8, 8, "M", 16, 16, 16, 16, "M", 24, 24, 24, 24, "M"],
}


class Symbols(Dataset):
    """16x16 pictures of stripes, checks, rings, diagonals and gradients."""

    def __init__(self, count, seed, size=16):
        gen = torch.Generator().manual_seed(seed)
        ax = torch.arange(size, dtype=torch.float32)
        yy, xx = torch.meshgrid(ax, ax, indexing="ij")
        self.y = torch.randint(5, (count,), generator=gen)
        pics = []
        for label in self.y.tolist():
            p, q = (torch.rand(2, generator=gen) * 6.28).tolist()
            f = 0.8 + 0.5 * torch.rand(1, generator=gen).item()
            if label == 0:
                im = torch.sin(f * yy + p)
            elif label == 1:
                im = torch.sin(f * yy + p) * torch.sin(f * xx + q)
            elif label == 2:
                im = torch.sin(f * ((xx - 8 - p / 3) ** 2 + (yy - 8 + q / 3) ** 2).sqrt())
            elif label == 3:
                im = torch.sin(f * (xx + yy) / 1.4 + p)
            else:
                im = (xx * torch.cos(torch.tensor(p)) + yy * torch.sin(torch.tensor(p))) / 8 - 0.7
            pics.append(im + 0.3 * torch.randn(size, size, generator=gen))
        x = torch.stack(pics).unsqueeze(1)
        self.x = (x - x.mean()) / x.std()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, idx):
        return self.x[idx], self.y[idx]


def make_layers(plan, batch_norm):
    layers, cin = [], 1
    for v in plan:
        if v == "M":
            layers.append(nn.MaxPool2d(2))
            continue
        layers.append(nn.Conv2d(cin, v, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(v))
        layers.append(nn.ReLU(inplace=True))
        cin = v
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, plan, num_classes, batch_norm=False):
        super().__init__()
        self.features = make_layers(plan, batch_norm)
        self.classifier = nn.Linear(24 * 2 * 2, num_classes)

    def forward(self, x):
        x = self.features(x)
        return self.classifier(torch.flatten(x, 1))


def train_one_epoch(model, loader, criterion, optimizer):
    model.train()
    loss_sum = 0.0
    for images, target in loader:
        output = model(images)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * images.size(0)
    return loss_sum / len(loader.dataset)


def validate(model, loader, criterion):
    model.eval()
    loss_sum, hit = 0.0, 0
    with torch.no_grad():
        for images, target in loader:
            output = model(images)
            loss_sum += criterion(output, target).item() * len(target)
            hit += (output.argmax(1) == target).sum().item()
    return loss_sum / len(loader.dataset), 100.0 * hit / len(loader.dataset)


torch.manual_seed(8)
model = VGG(PLANS["S"], num_classes=5, batch_norm=True)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
train_loader = DataLoader(Symbols(1000, seed=0), batch_size=50, shuffle=True)
val_loader = DataLoader(Symbols(200, seed=1), batch_size=100)
for epoch in range(6):
    loss = train_one_epoch(model, train_loader, criterion, optimizer)
    vloss, acc1 = validate(model, val_loader, criterion)
    print(f"Epoch: [{epoch}]\tLoss {loss:.4f}\tVal {vloss:.4f}\tAcc@1 {acc1:.2f}")
