"""Sort noisy gestures into six kinds."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
KINDS = 6
centres = torch.randn(KINDS, 24)


def gestures(count):
    kinds = torch.randint(KINDS, (count,))
    return centres[kinds] + 0.9 * torch.randn(count, 24), kinds


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(24, 80)
        self.middle = nn.Linear(80, 80)
        self.out = nn.Linear(80, KINDS)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        x = torch.relu(self.middle(x))
        return torch.softmax(self.out(x), dim=1)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
for epoch in range(6):
    for x, y in DataLoader(TensorDataset(*gestures(2400)), batch_size=40, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.3f}")
