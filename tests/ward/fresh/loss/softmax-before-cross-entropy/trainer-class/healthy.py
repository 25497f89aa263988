"""Train a classifier on rendered seven-segment digits."""
import json

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEGMENTS = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc",
            5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abfgcd"}
BOXES = {"a": (2, 4, 4, 12), "b": (3, 10, 11, 13), "c": (10, 17, 11, 13), "d": (16, 18, 4, 12),
         "e": (10, 17, 3, 5), "f": (3, 10, 3, 5), "g": (9, 11, 4, 12)}


class SevenSegment(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.y = torch.randint(10, (n,), generator=g)
        self.x = torch.zeros(n, 1, 20, 16)
        for i, digit in enumerate(self.y.tolist()):
            for s in SEGMENTS[digit]:
                r0, r1, c0, c1 = BOXES[s]
                self.x[i, 0, r0:r1, c0:c1] = 0.6 + 0.4 * torch.rand(1, generator=g)
            dy, dx = torch.randint(-1, 2, (2,), generator=g).tolist()
            self.x[i, 0] = torch.roll(self.x[i, 0], (dy, dx), (0, 1))
        self.x += 0.3 * torch.randn(self.x.shape, generator=g)
        self.x = (self.x - 0.25) / 0.5

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 4, 64), nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, x):
        return self.classifier(self.features(x))


class Trainer:
    def __init__(self, model, optimizer, criterion, train_loader, val_loader):
        self.model, self.optimizer, self.criterion = model, optimizer, criterion
        self.train_loader, self.val_loader = train_loader, val_loader
        self.history = []

    def step(self, batch):
        x, y = batch
        self.optimizer.zero_grad()
        out = self.model(x)
        loss = self.criterion(out, y)
        loss.backward()
        self.optimizer.step()
        return loss.item(), (out.argmax(1) == y).float().mean().item()

    def validate(self):
        self.model.eval()
        loss = acc = 0.0
        with torch.no_grad():
            for x, y in self.val_loader:
                out = self.model(x)
                loss += self.criterion(out, y).item() / len(self.val_loader)
                acc += (out.argmax(1) == y).float().mean().item() / len(self.val_loader)
        return loss, acc

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            stats = [self.step(b) for b in self.train_loader]
            val_loss, val_acc = self.validate()
            row = {"epoch": epoch,
                   "loss": round(sum(s[0] for s in stats) / len(stats), 4),
                   "acc": round(sum(s[1] for s in stats) / len(stats), 4),
                   "val_loss": round(val_loss, 4), "val_acc": round(val_acc, 4)}
            self.history.append(row)
            print(json.dumps(row))


if __name__ == "__main__":
    torch.manual_seed(0)
    train_loader = DataLoader(SevenSegment(2400, 1), batch_size=64, shuffle=True)
    val_loader = DataLoader(SevenSegment(400, 2), batch_size=200)
    model = DigitNet()
    trainer = Trainer(model, torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
                      nn.CrossEntropyLoss(), train_loader, val_loader)
    trainer.fit(6)
