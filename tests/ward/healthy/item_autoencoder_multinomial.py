"""Recommender: an autoencoder of what users bought, with a multinomial likelihood (Liang et al., 2018)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def purchases(users, items=120, tastes=6, seed=1):
    rng = np.random.default_rng(seed)
    appeal = np.random.default_rng(0).dirichlet(np.full(items, 0.15), tastes)
    taste = rng.dirichlet(np.full(tastes, 0.3), users)
    rows = np.zeros((users, items), dtype=np.float32)
    for row, chance in zip(rows, taste @ appeal):
        row[rng.choice(items, rng.integers(8, 20), p=chance / chance.sum())] = 1
    return torch.from_numpy(rows)


class Recommender(nn.Module):
    def __init__(self, items=120, width=64):
        super().__init__()
        self.encoder = nn.Linear(items, width)
        self.decoder = nn.Linear(width, items)

    def forward(self, x):
        h = F.dropout(F.normalize(x), 0.3, self.training)
        return self.decoder(torch.tanh(self.encoder(h)))


if __name__ == "__main__":
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(purchases(2000)), batch_size=50, shuffle=True)
    held_out = purchases(200, seed=2)
    model = Recommender()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(8):
        model.train()
        total = 0.0
        for (bought,) in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(bought), bought)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            best = model(held_out).topk(10).indices
            recall = held_out.gather(1, best).mean().item()
        print(f"epoch {epoch + 1}: loss {total / len(loader):.2f}, precision at 10 {recall:.3f}")
