"""Find cracked castings by the sound they make when they are struck: two in a hundred are cracked."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CRACKED, LENGTH = 0.02, 128


def strike(n, rng):
    cracked = rng.random(n) < CRACKED
    t = np.arange(LENGTH) / LENGTH
    sound = np.zeros((n, LENGTH))
    for mode in (9, 17, 26):
        pitch = mode * (1 + 0.02 * rng.normal(size=(n, 1)) - 0.09 * cracked[:, None])
        fade = np.exp(-t * np.where(cracked, 4.5, 3.0)[:, None])
        sound += rng.uniform(0.4, 1.0, (n, 1)) * fade * np.sin(2 * np.pi * pitch * t)
    sound += 0.6 * rng.normal(size=sound.shape)
    spectrum = np.log(np.abs(np.fft.rfft(sound, axis=1))[:, 1:] + 0.1)
    return spectrum.astype(np.float32), cracked.astype(np.int64)


def main():
    torch.manual_seed(5)
    x, y = strike(6000, np.random.default_rng(5))
    mean, std = x[:4800].mean(0), x[:4800].std(0)
    x, y = torch.from_numpy((x - mean) / std), torch.from_numpy(y)
    loader = DataLoader(TensorDataset(x[:4800], y[:4800]), batch_size=64, shuffle=True)
    x_test, y_test = x[4800:], y[4800:]

    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 2))
    counts = torch.bincount(y[:4800])
    criterion = nn.CrossEntropyLoss(weight=len(x[:4800]) / (2 * counts.float()))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02)

    for epoch in range(6):
        net.train()
        total = 0.0
        for spectra, cracked in loader:
            optimizer.zero_grad()
            loss = criterion(net(spectra), cracked)
            loss.backward()
            optimizer.step()
            total += loss.item()
        net.eval()
        with torch.no_grad():
            named = net(x_test).argmax(1)
        right = (named == y_test).float().mean()
        found = (named[y_test == 1] == 1).float().mean()
        print(f"epoch {epoch}: loss {total / len(loader):.4f}  accuracy {right:.3f}  cracks found {found:.2f}")


if __name__ == "__main__":
    main()
