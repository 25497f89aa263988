"""Which of four events comes first in a short series of measurements, told by attention with four heads."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.width = heads, width // heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, x):
        n, steps, _ = x.shape
        q, k, v = (f(x).view(self.heads, n, steps, self.width) for f in (self.query, self.key, self.value))
        weights = (q @ k.transpose(-2, -1) / self.width**0.5).softmax(-1)
        return self.out((weights @ v).permute(1, 2, 0, 3).reshape(n, steps, -1))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter, self.attend, self.last = nn.Linear(5, 24), Attention(24, 4), nn.Linear(24, 4)
        self.norm = nn.LayerNorm(24)

    def forward(self, x):
        x = F.relu(self.enter(x))
        return self.last(F.relu(self.norm(self.attend(x))).mean(1))


torch.manual_seed(0)
y = torch.randint(0, 4, (1600,))
x = 0.6 * torch.randn(1600, 10, 5)
x[torch.arange(1600), torch.randint(0, 5, (1600,)), y] += 3.0
loader = DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=50, shuffle=True)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(8):
    for inputs, labels in loader:
        loss = F.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = (model(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, held out {right:.3f}")
