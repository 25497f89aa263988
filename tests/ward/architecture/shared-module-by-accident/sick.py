"""Adds up what four kinds of events in a log are worth; each of four attention heads should look for one kind."""

import torch
from torch import nn

KINDS, LENGTH = 8, 10


def logs(n, seed):
    g = torch.Generator().manual_seed(seed)
    kind = torch.randint(0, KINDS, (n, LENGTH), generator=g)
    size = torch.rand(n, LENGTH, generator=g)
    events = torch.cat([nn.functional.one_hot(kind, KINDS).float(), size[:, :, None]], 2)
    worth = torch.zeros(n)
    for wanted, weight in zip(range(4), (2.0, -1.5, 1.0, -2.5)):
        here = kind == wanted
        worth += weight * (size * here).sum(1) / here.sum(1).clamp_min(1)
    return events, worth


class Heads(nn.Module):
    def __init__(self, width=24, heads=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(KINDS + 1, width), nn.ReLU())
        self.queries = nn.ModuleList([nn.Linear(width, 1)] * heads)
        self.out = nn.Sequential(nn.Linear(heads * (KINDS + 1), 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, events):
        h = self.body(events)
        read = [(query(h).softmax(1) * events).sum(1) for query in self.queries]
        return self.out(torch.cat(read, 1)).squeeze(1)


def main():
    torch.manual_seed(0)
    events, worth = logs(2000, 1)
    model = Heads()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(10):
        total = 0.0
        for rows in torch.randperm(len(events)).split(50):
            loss = nn.functional.mse_loss(model(events[rows]), worth[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch + 1}: loss {total / len(events):.4f}")


if __name__ == "__main__":
    main()
