"""Text and picture embeddings drawn together; a batch may hold several pairs of one kind, all of them positive."""

import torch
import torch.nn.functional as F
from torch import nn


class Tower(nn.Module):
    def __init__(self, size, width=64, out=24):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(size, width), nn.ReLU(), nn.Linear(width, out))

    def forward(self, x):
        return F.normalize(self.layers(x), dim=1)


def main(steps=350, batch=48, kinds=20):
    torch.manual_seed(0)
    look, word = torch.randn(kinds, 30), torch.randn(kinds, 16)
    pictures, texts = Tower(30), Tower(16)
    temperature = nn.Parameter(torch.tensor(2.0))
    optimizer = torch.optim.Adam([*pictures.parameters(), *texts.parameters(), temperature], lr=2e-3)
    for step in range(steps):
        kind = torch.randint(0, kinds, (batch,))
        a = pictures(look[kind] + 0.4 * torch.randn(batch, 30))
        b = texts(word[kind] + 0.4 * torch.randn(batch, 16))
        similar = (kind[:, None] == kind[None, :]).float()
        logits = temperature.exp() * a @ b.T
        target = similar / similar.sum(1, keepdim=True)
        loss = 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            nearest = kind[logits.argmax(1)]
            print(f"step {step}: loss {loss.item():.3f}, retrieval {(nearest == kind).float().mean():.3f}")


main()
