"""Recognise the key of a piece of music from its chroma vectors; training is counted in steps, not in epochs."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

MAJOR = torch.tensor([6.4, 2.2, 3.5, 2.3, 4.4, 4.1, 2.5, 5.2, 2.4, 3.7, 2.3, 2.9])
MINOR = torch.tensor([6.3, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 4.8, 4.0, 2.7, 3.3, 3.2])
FRAMES = 4


class EpochShuffle(Sampler):
    """A new order for every epoch that depends on nothing but the seed and the epoch."""

    def __init__(self, size, seed=0):
        self.size = size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        return iter(torch.randperm(self.size, generator=generator).tolist())

    def __len__(self):
        return self.size


def compose(n):
    """Chroma of four passages per piece: the key profile, and chords that belong to it or not."""
    key = torch.randint(24, (n,))
    profiles = torch.stack([MAJOR.roll(k) for k in range(12)] + [MINOR.roll(k) for k in range(12)])
    base = profiles[key].unsqueeze(1).repeat(1, FRAMES, 1)
    strays = torch.distributions.Exponential(0.8).sample((n, FRAMES, 12))
    chroma = base * torch.rand(n, FRAMES, 12).add(0.3) + strays
    return chroma.flatten(1), key


def build(hidden):
    return nn.Sequential(
        nn.Linear(12 * FRAMES, hidden),
        nn.GELU(),
        nn.Linear(hidden, hidden),
        nn.GELU(),
        nn.Linear(hidden, 24),
    )


@torch.no_grad()
def score(model, loader):
    model.eval()
    hits = loss = 0.0
    for chroma, key in loader:
        logits = model(chroma)
        loss += nn.functional.cross_entropy(logits, key, reduction="sum").item()
        hits += (logits.argmax(1) == key).sum().item()
    model.train()
    return loss / len(loader.dataset), hits / len(loader.dataset)


def main(args):
    torch.manual_seed(args.seed)
    chroma, key = compose(args.pieces)
    train, held_out = slice(0, -1000), slice(-1000, None)
    chroma = (chroma - chroma[train].mean(0)) / chroma[train].std(0)

    sampler = EpochShuffle(args.pieces - 1000, seed=args.seed)
    loader = DataLoader(TensorDataset(chroma[train], key[train]), args.batch_size, sampler=sampler, drop_last=True)
    val_loader = DataLoader(TensorDataset(chroma[held_out], key[held_out]), 500)

    model = build(args.hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    model.train()
    step = 0
    for epoch in range(args.epochs):
        sampler.set_epoch(epoch)
        for _ in range(len(loader)):
            x, y = next(iter(loader))
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            if step % 50 == 0:
                val_loss, accuracy = score(model, val_loader)
                print(f"step {step:4d}  loss {loss.item():.4f}  val loss {val_loss:.4f}  val accuracy {accuracy:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=9000)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=5)
    main(parser.parse_args())
