"""Tell whether two signatures are by the same hand: a siamese net with a contrastive loss."""

import argparse

import torch
from torch import nn


class Embedder(nn.Module):
    def __init__(self, features, size):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, 64), nn.ReLU(), nn.Linear(64, size))

    def forward(self, x):
        return self.layers(x)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        distance = (((a - b) ** 2).sum(dim=1) + 1e-9).sqrt()
        apart = torch.clamp(self.margin - distance, min=0)
        return (same * distance**2 + (1 - same) * apart**2).mean()


def pairs(people, count, generator):
    """Strokes of two signatures each; some are the same scan twice, as in every archive."""
    hands = torch.randn(people, 24, generator=generator)
    first = torch.randint(people, (count,), generator=generator)
    same = torch.rand(count, generator=generator) < 0.5
    second = torch.where(same, first, torch.randint(people, (count,), generator=generator))
    one = hands[first] + 0.3 * torch.randn(count, 24, generator=generator)
    two = hands[second] + 0.3 * torch.randn(count, 24, generator=generator)
    copied = same & (torch.rand(count, generator=generator) < 0.004)
    return one, torch.where(copied[:, None], one, two), same.float()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(1)
    one, two, same = pairs(60, 6000, generator)
    model, criterion = Embedder(24, 12), ContrastiveLoss(margin=2.0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for step in range(args.steps):
        rows = torch.randint(len(one), (args.batch,), generator=generator)
        loss = criterion(model(one[rows]), model(two[rows]), same[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step} loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
