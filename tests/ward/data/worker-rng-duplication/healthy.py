"""Recognise ticks, bumps and dips in short signals; two workers cut and disturb the signals as they are loaded."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

LENGTH, CUT, KINDS = 40, 32, 3


class Signals(Dataset):
    def __init__(self, count, seed):
        make = np.random.default_rng(seed)
        at = np.arange(LENGTH)
        self.kinds = make.integers(KINDS, size=count)
        centre = make.uniform(12, 28, size=(count, 1))
        bump = np.exp(-((at - centre) ** 2) / 8.0)
        tick = np.exp(-((at - centre) ** 2) / 0.8) * 1.5
        shapes = np.stack([tick, bump, -bump])
        self.signals = shapes[self.kinds, np.arange(count)] + make.normal(0, 0.15, size=(count, LENGTH))
        self.noise = np.random.default_rng(seed + 100)

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        begin = self.noise.integers(LENGTH - CUT + 1)
        part = self.signals[i, begin : begin + CUT] + self.noise.normal(0, 0.2, size=CUT)
        return torch.tensor(part, dtype=torch.float32), int(self.kinds[i])


def seeded(worker):
    info = torch.utils.data.get_worker_info()
    info.dataset.noise = np.random.default_rng(info.seed)


def main():
    torch.manual_seed(3)
    loader = DataLoader(Signals(1200, 1), batch_size=40, shuffle=True, num_workers=2, worker_init_fn=seeded)
    held_out = Signals(300, 2)
    x_test = torch.stack([held_out[i][0] for i in range(len(held_out))])
    y_test = torch.tensor(held_out.kinds)
    model = nn.Sequential(nn.Linear(CUT, 48), nn.ReLU(), nn.Linear(48, KINDS))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(5):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
        print(f"epoch {epoch}  loss {total / len(loader):.3f}  test accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
