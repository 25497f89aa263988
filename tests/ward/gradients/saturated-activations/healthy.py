"""Grade wines from eleven laboratory values; with tanh units."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

VALUES, GRADES, WIDTH, SHARPNESS = 11, 3, 40, 1.0


def wines(count, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(count, VALUES, generator=g)
    taste = x[:, 0] * x[:, 1] - 0.8 * x[:, 4] + torch.sin(2 * x[:, 7]) + 0.2 * torch.randn(count, generator=g)
    return x, torch.bucketize(taste, torch.tensor([-0.6, 0.6]))


class Sharp(nn.Module):
    def forward(self, x):
        return torch.tanh(SHARPNESS * x)


class Grader(nn.Module):
    def __init__(self):
        super().__init__()
        layers, size = [], VALUES
        for _ in range(4):
            layers += [nn.Linear(size, WIDTH), Sharp()]
            size = WIDTH
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(WIDTH, GRADES)

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(6)
train = DataLoader(TensorDataset(*wines(4000, 1)), batch_size=50, shuffle=True)
x_test, y_test = wines(1000, 2)
model = Grader()
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
for epoch in range(8):
    total = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch}  loss {total / len(train):.3f}  test accuracy {accuracy:.3f}")
