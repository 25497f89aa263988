"""Tell six kinds of network traffic apart by the statistics of their flows."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FEATURES, KINDS, EPOCHS = 18, 6, 12


def flows(count, centres, generator):
    kind = torch.randint(KINDS, (count,), generator=generator)
    mode = torch.randint(3, (count,), generator=generator)
    return centres[kind, mode] + torch.randn(count, FEATURES, generator=generator), kind


class Classifier(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(FEATURES, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, KINDS)
        )

    def forward(self, x):
        return self.layers(x)


def run_epoch(model, loader, criterion, optimizer, scheduler):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
    return total / len(loader)


def main():
    torch.manual_seed(21)
    generator = torch.Generator().manual_seed(22)
    centres = torch.randn(KINDS, 3, FEATURES, generator=generator)
    train = TensorDataset(*flows(1920, centres, generator))
    loader = DataLoader(train, batch_size=64, shuffle=True)
    model = Classifier()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.2)
    for epoch in range(EPOCHS):
        loss = run_epoch(model, loader, criterion, optimizer, scheduler)
        print(f"epoch {epoch + 1:2d}  loss {loss:.4f}  rate {scheduler.get_last_lr()[0]:.1e}")


if __name__ == "__main__":
    main()
