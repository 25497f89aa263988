"""Tell four bird songs apart by the energies of their frequency bands."""

import torch
from torch import nn

BANDS, SONGS, RATE, DECAY = 16, 4, 2e-3, 1e-4


def recordings(count, generator):
    song = torch.randint(SONGS, (count,), generator=generator)
    pitch = torch.rand(count, 1, generator=generator) * 2
    bands = torch.arange(BANDS).float()
    energy = torch.sin(0.35 * bands * (song[:, None] + 1) + pitch) + 0.5 * torch.cos(0.6 * bands + 2 * pitch)
    return energy + 0.6 * torch.randn(count, BANDS, generator=generator), song


def main():
    torch.manual_seed(41)
    generator = torch.Generator().manual_seed(42)
    x, y = recordings(2048, generator)
    net = nn.Sequential(nn.Linear(BANDS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, SONGS))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=DECAY)
    for epoch in range(8):
        total = 0.0
        for rows in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch}  loss {total / len(x):.4f}")


if __name__ == "__main__":
    main()
