"""Which of five machines hums here? Band energies of a microphone, a regularised MLP with functional dropout."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

BANDS, MACHINES = 48, 5


def recordings(n, generator):
    machine = torch.randint(MACHINES, (n,), generator=generator)
    lines = torch.linspace(4, BANDS - 5, MACHINES)[machine].unsqueeze(1)
    band = torch.arange(BANDS).float()
    hum = sum(torch.exp(-0.5 * ((band - lines / k) / 1.5) ** 2) / k for k in (1, 2, 3))
    loudness = 0.4 + torch.rand(n, 1, generator=generator)
    return loudness * hum + 0.35 * torch.randn(n, BANDS, generator=generator), machine


class Ears(nn.Module):
    def __init__(self, hidden=96, p=0.5):
        super().__init__()
        self.fc1 = nn.Linear(BANDS, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, MACHINES)
        self.p = p

    def forward(self, x):
        x = F.dropout(F.relu(self.fc1(x)), self.p)
        x = F.dropout(F.relu(self.fc2(x)), self.p)
        return self.fc3(x)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    loss, right, n = 0.0, 0, 0
    for x, y in loader:
        out = model(x)
        loss += F.cross_entropy(out, y, reduction="sum").item()
        right += (out.argmax(1) == y).sum().item()
        n += len(y)
    model.train()
    return loss / n, right / n


def main():
    torch.manual_seed(4)
    generator = torch.Generator().manual_seed(1)
    train_set = TensorDataset(*recordings(2400, generator))
    val_set = TensorDataset(*recordings(600, generator))
    train_loader = DataLoader(train_set, batch_size=48, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=200)
    model = Ears()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(10):
        running = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        val_loss, val_acc = evaluate(model, val_loader)
        print(f"epoch {epoch:2d}  train {running / len(train_loader):.3f}  val {val_loss:.3f}  accuracy {val_acc:.3f}")


if __name__ == "__main__":
    main()
