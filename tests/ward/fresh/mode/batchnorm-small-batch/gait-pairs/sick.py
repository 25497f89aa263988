import argparse
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

ap = argparse.ArgumentParser()
ap.add_argument("--batch-size", type=int, default=2)
ap.add_argument("--epochs", type=int, default=5)
ap.add_argument("--lr", type=float, default=5e-3)
args = ap.parse_args([])

torch.manual_seed(36)


def gait_windows(n):
    """Accelerometer summary: walking, stairs, cycling, standing."""
    y = torch.randint(4, (n,))
    proto = torch.tensor([[1.0, 0.4, 0, 0, 0.5, 0], [1.2, 1.1, 0.3, 0, -0.4, 0.2], [0.3, 0.2, 1.3, 0.8, 0, 0.4], [0, 0, 0, 0, 0, 0]])
    intensity = 0.7 + 0.6 * torch.rand(n, 1)
    return proto[y] * intensity + 0.28 * torch.randn(n, 6), y


class GaitNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(6, width), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Linear(width, 4))

    def forward(self, x):
        return self.layers(x)


train = DataLoader(TensorDataset(*gait_windows(420)), batch_size=args.batch_size, shuffle=True)
xv, yv = gait_windows(400)
net = GaitNet()
opt = torch.optim.Adam(net.parameters(), lr=args.lr)

for epoch in range(args.epochs):
    net.train()
    s, hit = 0.0, 0
    for x, y in train:
        out = net(x)
        loss = nn.functional.cross_entropy(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item() * len(y)
        hit += (out.argmax(1) == y).sum().item()
    net.eval()
    with torch.no_grad():
        out = net(xv)
        vl = nn.functional.cross_entropy(out, yv).item()
        va = (out.argmax(1) == yv).float().mean().item()
    print(f"epoch {epoch} train loss {s / 420:.3f} acc {hit / 420:.3f} | val loss {vl:.3f} acc {va:.3f}")
