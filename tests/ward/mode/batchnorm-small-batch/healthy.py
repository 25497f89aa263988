"""Grade apples by colour and shape measurements; a multilayer perceptron with batch normalisation."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def apples(n=1501, seed=3):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 9, generator=g)
    merit = x[:, 0] * x[:, 1] + x[:, 2] - x[:, 3].abs() + 0.3 * torch.randn(n, generator=g)
    return TensorDataset(x, torch.bucketize(merit, torch.tensor([-1.2, 0.2])))


class Grader(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(9, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, 3),
        )

    def forward(self, x):
        return self.net(x)


torch.manual_seed(0)
training, validation = random_split(apples(), [1201, 300])
train_loader = DataLoader(training, batch_size=30, shuffle=True, drop_last=True)
valid_loader = DataLoader(validation, batch_size=100)
model = Grader()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(10):
    model.train()
    for x, grade in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), grade)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == grade).sum().item() for x, grade in valid_loader)
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {right / len(validation):.3f}")
