"""Strength of concrete from its recipe and age."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def recipes(n=1200):
    cement, water, gravel, age = torch.rand(n), torch.rand(n), torch.rand(n), torch.rand(n)
    others = torch.rand(n, 6)
    strength = 2 * cement - 3 * cement * water + age.sqrt() - 0.4 * (gravel - 0.5) ** 2 + 0.05 * torch.randn(n)
    table = torch.cat([torch.stack([cement, water, gravel, age], 1), others], 1)
    return (table - 0.5) * 3.46, (strength - strength.mean()) / strength.std()


class Regressor(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, width), nn.GELU(), nn.Linear(width, width), nn.GELU())
        self.head = nn.Linear(width, 1)

    def forward(self, table):
        return self.head(self.body(table)).squeeze(-1)


class Trainer:
    def __init__(self, model, train, valid, lr=2e-3):
        self.model, self.train_loader, self.valid_loader = model, train, valid
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)

    def train_epoch(self):
        self.model.train()
        for table, strength in self.train_loader:
            self.optimizer.zero_grad(set_to_none=True)
            F.mse_loss(self.model(table), strength).backward()
            self.optimizer.step()

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        losses = [F.mse_loss(self.model(table), strength).item() for table, strength in self.valid_loader]
        return sum(losses) / len(losses)

    def fit(self, epochs):
        for epoch in range(epochs):
            self.train_epoch()
            print(f"epoch {epoch}: validation error {self.validate():.3f}")


def main():
    torch.manual_seed(4)
    table, strength = recipes()
    order = torch.randperm(len(table))
    table = table[order]
    train = TensorDataset(table[:1000], strength[:1000])
    valid = TensorDataset(table[1000:], strength[1000:])
    trainer = Trainer(Regressor(), DataLoader(train, 40, shuffle=True), DataLoader(valid, 100))
    trainer.fit(8)


if __name__ == "__main__":
    main()
