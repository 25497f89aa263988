"""Denoising auto-encoder for heart beat curves.

Usage: python train.py [--epochs N] [--latent D]
"""
import argparse
import math
import sys
from pathlib import Path

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def heart_beats(n, length=96, seed=0):
    g = torch.Generator().manual_seed(seed)
    t = torch.linspace(0, 1, length)

    def bump(centre, width, height):
        c = centre + 0.03 * torch.randn(n, 1, generator=g)
        w = width * (1 + 0.2 * torch.rand(n, 1, generator=g))
        h = height * (1 + 0.25 * torch.randn(n, 1, generator=g))
        return h * torch.exp(-((t - c) / w) ** 2 / 2)

    beat = bump(0.2, 0.03, 0.5) + bump(0.4, 0.012, 2.5) - bump(0.45, 0.015, 0.8) + bump(0.7, 0.06, 0.8)
    drift = 0.2 * torch.sin(2 * math.pi * (t + torch.rand(n, 1, generator=g)))
    beat = beat + drift
    return (beat - beat.mean()) / beat.std()


class AutoEncoder(nn.Module):
    def __init__(self, length, latent):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, 16, 7, stride=2, padding=3), nn.ReLU(),
            nn.Conv1d(16, 24, 5, stride=2, padding=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(24 * length // 4, latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 24 * length // 4), nn.ReLU(), nn.Unflatten(1, (24, length // 4)),
            nn.ConvTranspose1d(24, 16, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose1d(16, 1, 4, stride=2, padding=1),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x.unsqueeze(1))).squeeze(1)


class DenoiseTrainer:
    def __init__(self, args):
        torch.manual_seed(args.seed)
        data = TensorDataset(heart_beats(args.beats))
        train, val = random_split(data, [args.beats - 200, 200])
        self.train_loader = DataLoader(train, args.batch_size, shuffle=True)
        self.val_loader = DataLoader(val, 200)
        self.model = AutoEncoder(96, args.latent)
        self.optim = torch.optim.SGD(self.model.parameters(), lr=args.lr, momentum=0.9)
        self.criterion = nn.MSELoss()
        self.noise = args.noise

    def corrupt(self, clean):
        return clean + self.noise * torch.randn_like(clean)

    def train_epoch(self):
        self.model.train()
        running = 0.0
        for (clean,) in self.train_loader:
            self.optim.zero_grad()
            loss = self.criterion(self.model(self.corrupt(clean)), clean)
            loss.backward()
            self.optim.step()
            running += loss.item()
        return running / len(self.train_loader)

    @torch.no_grad()
    def val_epoch(self):
        self.model.eval()
        losses = [self.criterion(self.model(self.corrupt(c)), c).item() for (c,) in self.val_loader]
        return sum(losses) / len(losses)


def main(argv=None):
    p = argparse.ArgumentParser(prog=Path(sys.argv[0]).name)
    p.add_argument("--beats", type=int, default=2000)
    p.add_argument("--epochs", type=int, default=7)
    p.add_argument("--batch-size", type=int, default=32)
    p.add_argument("--latent", type=int, default=12)
    p.add_argument("--noise", type=float, default=0.3)
    p.add_argument("--lr", type=float, default=0.05)
    p.add_argument("--seed", type=int, default=0)
    args = p.parse_args(argv)
    trainer = DenoiseTrainer(args)
    for epoch in range(args.epochs):
        tr, va = trainer.train_epoch(), trainer.val_epoch()
        print(f"{epoch + 1:>3}/{args.epochs}  train {tr:.4f}  val {va:.4f}  (noise power {args.noise ** 2:.3f})")


if __name__ == "__main__":
    main()
