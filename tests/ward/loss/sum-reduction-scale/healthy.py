"""Which of ten sensors is broken? Plain SGD, the loss summed up for the report at the end of an epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def readings(n, seed):
    g = torch.Generator().manual_seed(seed)
    common = torch.randn(n, 1, 8, generator=g)
    x = common + 0.5 * torch.randn(n, 10, 8, generator=g)
    broken = torch.randint(0, 10, (n,), generator=g)
    x[torch.arange(n), broken] = torch.randn(n, 8, generator=g)
    return x.flatten(1), broken


class Finder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(80, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(0)
train = TensorDataset(*readings(4000, 1))
loader = DataLoader(train, batch_size=64, shuffle=True)
x_test, y_test = readings(500, 2)
model = Finder()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    model.train()
    epoch_loss = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(y)
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean()
    print(f"epoch {epoch + 1}: loss per sample {epoch_loss / len(train):.3f}, accuracy {accuracy:.3f}")
