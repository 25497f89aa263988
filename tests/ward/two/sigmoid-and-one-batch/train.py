"""Will the customer come back? A tower of two layers, trained for a number of steps."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(6)


class Customers(Dataset):
    def __init__(self, count):
        self.habits = torch.randn(count, 16)
        taste = torch.linspace(-1, 1, 16)
        self.returned = ((self.habits @ taste + self.habits[:, 0] * self.habits[:, 1]) > 0).float()

    def __len__(self):
        return len(self.returned)

    def __getitem__(self, index):
        return self.habits[index], self.returned[index]


class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 1), nn.Sigmoid())

    def forward(self, habits):
        return self.layers(habits).squeeze(1)


customers = Customers(3000)
loader = DataLoader(customers, batch_size=64)
model = Tower()
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(250):
    habits, returned = next(iter(loader))
    loss = loss_fn(model(habits), returned)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(step, round(loss.item(), 4))
