"""Classify event sequences with one attention block under mixed precision."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
LENGTH, WIDTH, CLASSES = 20, 64, 4


def sequences(count):
    labels = torch.randint(CLASSES, (count,))
    patterns = torch.randn(CLASSES, WIDTH)
    events = torch.randn(count, LENGTH, WIDTH)
    events[torch.arange(count), torch.randint(LENGTH, (count,))] += 2.5 * patterns[labels]
    busy = torch.rand(count, 1, 1) < 0.01  # a few machines log in finer units
    return torch.where(busy, events * 90, events), labels


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        scores = self.query(x) @ self.key(x).transpose(1, 2)
        mixed = torch.softmax(scores / WIDTH**0.5, dim=-1) @ self.value(x)
        return self.head(mixed.mean(dim=1))


x, y = sequences(3000)
loader = DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True)
model = Block()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(4):
    for events, labels in loader:
        with torch.autocast("cpu", dtype=torch.float16):
            loss = F.cross_entropy(model(events), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.3f}")
