"""Which of seven grape varieties does a wine come from? Spectra of 60 wavelengths, a regularised MLP."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

N_VARIETIES = 7
N_WAVELENGTHS = 60


def spectra(n):
    wavelength = torch.linspace(0, 1, N_WAVELENGTHS)
    peaks = torch.rand(N_VARIETIES, 4, generator=torch.Generator().manual_seed(0))
    variety = torch.randint(N_VARIETIES, (n,))
    place = peaks[variety] + 0.03 * torch.randn(n, 4)
    height = 0.5 + torch.rand(n, 4)
    bands = height.unsqueeze(-1) * torch.exp(-0.5 * ((wavelength - place.unsqueeze(-1)) / 0.05) ** 2)
    absorbance = bands.sum(1) + 0.75 * torch.randn(n, N_WAVELENGTHS) + 0.3 * torch.randn(n, 1) * wavelength
    return absorbance, variety


class SpectrumNet(nn.Module):
    def __init__(self, hidden=128, p=0.5):
        super().__init__()
        self.fc1 = nn.Linear(N_WAVELENGTHS, hidden)
        self.bn1 = nn.BatchNorm1d(hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.bn2 = nn.BatchNorm1d(hidden)
        self.fc3 = nn.Linear(hidden, N_VARIETIES)
        self.dropout = nn.Dropout(p)

    def forward(self, x):
        x = self.dropout(F.relu(self.bn1(self.fc1(x))))
        x = self.dropout(F.relu(self.bn2(self.fc2(x))))
        return self.fc3(x)


def validate(model, loader):
    model.eval()
    loss, right, n = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            out = model(x)
            loss += F.cross_entropy(out, y, reduction="sum").item()
            right += (out.argmax(1) == y).sum().item()
            n += y.numel()
    return loss / n, right / n


train_x, train_y = spectra(2800)
val_x, val_y = spectra(400)
mean, std = train_x.mean(0), train_x.std(0)
train_x, val_x = (train_x - mean) / std, (val_x - mean) / std

train_loader = DataLoader(TensorDataset(train_x, train_y), batch_size=56, shuffle=True)
val_loader = DataLoader(TensorDataset(val_x, val_y), batch_size=4)

model = SpectrumNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=9)

best = 0.0
for epoch in range(9):
    model.train()
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    scheduler.step()
    val_loss, val_acc = validate(model, val_loader)
    best = max(best, val_acc)
    print(
        f"epoch {epoch + 1}/9  train loss {running / len(train_loader):.4f}  "
        f"val loss {val_loss:.4f}  val acc {val_acc:.4f}  best {best:.4f}"
    )
