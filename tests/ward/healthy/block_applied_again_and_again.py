"""Sorts which of two halves of a list is larger with one block of weights, listed once for each time it is applied."""

import torch
from torch import nn


def halves(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 16, generator=g)
    return x, (x[:, :8].sum(1) > x[:, 8:].sum(1)).long()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.one = nn.Linear(width, width)
        self.two = nn.Linear(width, width)

    def forward(self, h):
        return h + self.two(torch.relu(self.one(self.norm(h))))


class Shared(nn.Module):
    def __init__(self, width=32, times=4):
        super().__init__()
        self.first = nn.Linear(16, width)
        block = Block(width)  # as in ALBERT: depth without more weights
        self.blocks = nn.ModuleList([block] * times)
        self.last = nn.Linear(width, 2)

    def forward(self, x):
        h = self.first(x)
        for block in self.blocks:
            h = block(h)
        return self.last(h)


def main():
    torch.manual_seed(0)
    x, y = halves(1600, 1)
    model = Shared()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for epoch in range(5):
        right = 0
        for rows in torch.randperm(len(x)).split(40):
            scores = model(x[rows])
            loss = nn.functional.cross_entropy(scores, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += (scores.argmax(1) == y[rows]).sum().item()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}, accuracy {right / len(x):.3f}")


if __name__ == "__main__":
    main()
