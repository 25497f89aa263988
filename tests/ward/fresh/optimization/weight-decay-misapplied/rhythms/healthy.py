"""Which of six dances is it? Step rhythms of 8 by 8 beats, a small convolutional network and Adam."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

DANCES, BEATS = 6, 8


def rhythms(n, generator):
    pattern = torch.rand(DANCES, 1, BEATS, BEATS, generator=torch.Generator().manual_seed(5)).round()
    dance = torch.randint(DANCES, (n,), generator=generator)
    return pattern[dance] - 0.5 + 0.6 * torch.randn(n, 1, BEATS, BEATS, generator=generator), dance


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 2 * 2, DANCES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(1)
generator = torch.Generator().manual_seed(2)
train_loader = DataLoader(TensorDataset(*rhythms(1200, generator)), batch_size=30, shuffle=True)
val_loader = DataLoader(TensorDataset(*rhythms(300, generator)), batch_size=150)

model = Steps()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=3e-4)

for epoch in range(6):
    model.train()
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    model.eval()
    val_loss, right = 0.0, 0
    with torch.no_grad():
        for x, y in val_loader:
            out = model(x)
            val_loss += F.cross_entropy(out, y, reduction="sum").item()
            right += (out.argmax(1) == y).sum().item()
    print(f"epoch {epoch}: train {running / len(train_loader):.3f}, val {val_loss / 300:.3f}, accuracy {right / 300:.3f}")
