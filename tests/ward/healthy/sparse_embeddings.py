"""Matrix factorisation of implicit ratings; only the rows of a batch get (sparse) gradients."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)

N_USERS, N_ITEMS, RANK = 200, 3000, 4
POPULAR = 150

# Ratings touch only the popular part of the catalogue; the rest waits for its first customer.
taste = torch.randn(N_USERS, RANK)
quality = torch.randn(POPULAR, RANK)
users = torch.randint(N_USERS, (16000,))
items = torch.randint(POPULAR, (16000,))
ratings = (taste[users] * quality[items]).sum(1) / RANK**0.5 + 0.1 * torch.randn(16000)
ratings = (ratings - ratings.mean()) / ratings.std()

train = TensorDataset(users[:14400], items[:14400], ratings[:14400])
valid = (users[14400:], items[14400:], ratings[14400:])


class Factorisation(nn.Module):
    def __init__(self, users, items, rank):
        super().__init__()
        self.user = nn.Embedding(users, rank, sparse=True)
        self.item = nn.Embedding(items, rank, sparse=True)
        self.mix = nn.Linear(rank, 1)
        nn.init.normal_(self.user.weight, std=0.3)
        nn.init.normal_(self.item.weight, std=0.3)

    def forward(self, u, i):
        return self.mix(self.user(u) * self.item(i)).squeeze(-1)


model = Factorisation(N_USERS, N_ITEMS, 6)
tables = torch.optim.SparseAdam([model.user.weight, model.item.weight], lr=1e-2)
dense = torch.optim.Adam(model.mix.parameters(), lr=1e-2)
loss_fn = nn.MSELoss()
loader = DataLoader(train, batch_size=160, shuffle=True)

for epoch in range(10):
    model.train()
    total = 0.0
    for u, i, r in loader:
        tables.zero_grad()
        dense.zero_grad()
        loss = loss_fn(model(u, i), r)
        loss.backward()
        tables.step()
        dense.step()
        total += loss.item()

    model.eval()
    with torch.no_grad():
        val = loss_fn(model(*valid[:2]), valid[2]).item()
    print(f"epoch {epoch + 1:2d}  train mse {total / len(loader):.4f}  valid mse {val:.4f}")
