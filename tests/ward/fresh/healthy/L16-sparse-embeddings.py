"""Matrix factorisation for a film club: most members and films are absent from any one batch."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

MEMBERS, FILMS, TASTES = 200, 600, 4


class Ratings(Dataset):
    def __init__(self, member, film, rating):
        self.member, self.film = torch.as_tensor(member), torch.as_tensor(film)
        self.rating = torch.as_tensor(rating, dtype=torch.float32)

    def __len__(self):
        return len(self.rating)

    def __getitem__(self, i):
        return self.member[i], self.film[i], self.rating[i]


def survey(seed, n=24000):
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(MEMBERS, TASTES)), rng.normal(size=(FILMS, TASTES))
    popularity = 1 / np.arange(1, FILMS - 99) ** 0.7      # the last hundred films nobody has seen yet
    member = rng.integers(0, MEMBERS, n)
    film = rng.choice(len(popularity), n, p=popularity / popularity.sum())
    rating = (u[member] * v[film]).sum(1) / 2 + 0.5 * rng.normal(size=n)
    order = rng.permutation(n)
    member, film, rating = member[order], film[order], rating[order]
    cut = int(0.9 * n)
    return Ratings(member[:cut], film[:cut], rating[:cut]), Ratings(member[cut:], film[cut:], rating[cut:])


class Factorisation(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.member = nn.Embedding(MEMBERS, dim, sparse=True)
        self.film = nn.Embedding(FILMS, dim, sparse=True)
        self.member_bias = nn.Embedding(MEMBERS, 1, sparse=True)
        self.film_bias = nn.Embedding(FILMS, 1, sparse=True)
        for table in (self.member, self.film):
            nn.init.normal_(table.weight, std=0.2)
        for table in (self.member_bias, self.film_bias):
            nn.init.zeros_(table.weight)

    def forward(self, m, f):
        dot = (self.member(m) * self.film(f)).sum(-1)
        return dot + self.member_bias(m).squeeze(-1) + self.film_bias(f).squeeze(-1)


def rmse(model, loader):
    model.eval()
    with torch.no_grad():
        err = torch.cat([model(m, f) - r for m, f, r in loader])
    return err.pow(2).mean().sqrt().item()


def main():
    torch.manual_seed(23)
    train, test = survey(23)
    train_loader = DataLoader(train, batch_size=256, shuffle=True)
    test_loader = DataLoader(test, batch_size=2048)
    model = Factorisation()
    optimizer = torch.optim.SparseAdam(list(model.parameters()), lr=0.01)
    mse = nn.MSELoss()
    print(f"rating spread {train.rating.std():.3f}, noise 0.5")
    for epoch in range(9):
        model.train()
        total = 0.0
        for m, f, r in train_loader:
            optimizer.zero_grad()
            loss = mse(model(m, f), r)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: train rmse {(total / len(train_loader)) ** 0.5:.4f}  test rmse {rmse(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
