"""Predict which machine will fail from its sensors; samples come from two spawned workers."""

import hashlib

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class Machines(Dataset):
    """Temperature (K), pressure (Pa), turns per minute, hours in use."""

    MEAN = torch.tensor([330.0, 101_500.0, 1450.0, 5200.0])
    SPREAD = torch.tensor([12.0, 900.0, 220.0, 2600.0])

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        z = torch.randn(n, 4, generator=g)
        risk = 1.6 * z[:, 0] - 1.1 * z[:, 1] * z[:, 2] + 0.8 * z[:, 3]
        self.y = (risk + 0.4 * torch.randn(n, generator=g) > 0).float()
        self.x = self.MEAN + self.SPREAD * z

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return (self.x[i] - self.MEAN) / self.SPREAD, self.y[i]


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    settings = dict(num_workers=2, multiprocessing_context="spawn", persistent_workers=True)
    train = DataLoader(Machines(3000, 1), batch_size=60, shuffle=True, **settings)
    model = nn.Sequential(nn.Linear(4, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))
    criterion = nn.BCEWithLogitsLoss()
    opt = optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    for epoch in range(7):
        hits = 0
        for x, y in train:
            out = model(x).squeeze(1)
            loss = criterion(out, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
            hits += ((out > 0) == y.bool()).sum().item()
        print(f"epoch {epoch} loss {sum(losses[-50:]) / 50!r} accuracy {hits / 3000!r}")
    print(losses[:3], losses[-3:])
    print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())


if __name__ == "__main__":
    main()
