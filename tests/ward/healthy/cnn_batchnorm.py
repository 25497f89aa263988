"""Count the coins (0 to 4) in a small picture: CNN with batch normalisation, plateau scheduler, validation."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class Coins(Dataset):
    def __init__(self, n, seed, size=24):
        generator = torch.Generator().manual_seed(seed)
        self.counts = torch.randint(0, 5, (n,), generator=generator)
        corners = torch.tensor([(6, 6), (6, 18), (18, 6), (18, 18)])
        grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"))
        self.pictures = torch.empty(n, 1, size, size)
        for i, count in enumerate(self.counts.tolist()):
            picture = 0.3 * torch.rand(1, generator=generator) + 0.12 * torch.randn(size, size, generator=generator)
            for place in torch.randperm(4, generator=generator)[:count]:
                centre = corners[place] + torch.randint(-2, 3, (2,), generator=generator)
                radius = 2.5 + 2 * torch.rand(1, generator=generator)
                distance = (grid - centre.view(2, 1, 1)).pow(2).sum(0)
                picture = picture + 0.5 * (distance < radius**2)
            self.pictures[i, 0] = picture
        self.pictures = (self.pictures - 0.3) / 0.3

    def __len__(self):
        return len(self.counts)

    def __getitem__(self, i):
        return self.pictures[i], self.counts[i]


class CoinNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1, bias=False),
            nn.BatchNorm2d(12),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 6 * 6, 5))

    def forward(self, pictures):
        return self.classifier(self.features(pictures))


def run(model, loader, criterion, optimizer=None):
    training = optimizer is not None
    model.train(training)
    loss_sum, correct = 0.0, 0
    with torch.set_grad_enabled(training):
        for pictures, counts in loader:
            logits = model(pictures)
            loss = criterion(logits, counts)
            if training:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(counts)
            correct += (logits.argmax(1) == counts).sum().item()
    return loss_sum / len(loader.dataset), correct / len(loader.dataset)


torch.manual_seed(0)
train_loader = DataLoader(Coins(1920, seed=1), batch_size=48, shuffle=True)
val_loader = DataLoader(Coins(480, seed=2), batch_size=120)
model = CoinNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=1)

for epoch in range(1, 6):
    train_loss, train_acc = run(model, train_loader, criterion, optimizer)
    val_loss, val_acc = run(model, val_loader, criterion)
    scheduler.step(val_loss)
    print(f"{epoch}: train {train_loss:.3f} / {train_acc:.3f}   val {val_loss:.3f} / {val_acc:.3f}")
