"""Will a borrower pay back? A feed-forward net on the application form."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

COLUMNS = ("income", "amount", "term_months", "age", "open_accounts", "utilisation", "late_payments", "rate_percent")


@dataclass
class Settings:
    applications: int = 5000
    hidden: int = 64
    lr: float = 1e-3
    weight_decay: float = 1e-4
    batch_size: int = 64
    epochs: int = 10
    seed: int = 3


def applications(n, rng):
    income = rng.lognormal(10.6, 0.5, n)
    amount = rng.uniform(1_000, 40_000, n)
    term = rng.choice([12, 24, 36, 48, 60], n)
    age = rng.integers(19, 75, n)
    accounts = rng.poisson(6, n)
    utilisation = rng.beta(2, 3, n)
    late = rng.poisson(0.7, n)
    rate = rng.normal(7.5, 1.5, n)
    monthly = amount / term * (1 + rate / 100)
    burden = monthly / (income / 12)
    risk = (
        3.0 * (utilisation - 0.4)
        + 6.0 * (utilisation - 0.4) * (accounts - 6) / 2.5
        + 1.2 * (late - 0.7)
        + 6.0 * (burden - 0.28)
        - 0.04 * (age - 45) * (late > 0)
    )
    paid_back = (risk + rng.logistic(0, 0.35, n) < 0).astype(np.int64)
    table = np.column_stack([income, amount, term, age, accounts, utilisation, late, rate])
    return table.astype(np.float32), paid_back


class CreditNet(nn.Module):
    def __init__(self, n_columns, hidden):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_columns, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()
        )
        self.head = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.head(self.body(x))


class Trainer:
    def __init__(self, settings):
        self.settings = settings
        rng = np.random.default_rng(settings.seed)
        torch.manual_seed(settings.seed)
        table, paid_back = applications(settings.applications, rng)
        cut = int(settings.applications * 0.8)
        mean, std = table[:cut].mean(axis=0), table[:cut].std(axis=0)
        table = (table - mean) / std
        x, y = torch.from_numpy(table), torch.from_numpy(paid_back)
        self.train_loader = DataLoader(TensorDataset(x[:cut], y[:cut]), settings.batch_size, shuffle=True)
        self.val_loader = DataLoader(TensorDataset(x[cut:], y[cut:]), 500)
        self.model = CreditNet(len(COLUMNS), settings.hidden)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
        )

    def fit(self):
        for epoch in range(self.settings.epochs):
            self.model.train()
            total = 0.0
            for x, y in self.train_loader:
                loss = self.criterion(self.model(x), y)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(y)
            train_loss = total / len(self.train_loader.dataset)
            val_loss, accuracy = self.validate()
            print(f"epoch {epoch:2d}: train {train_loss:8.4f}  val {val_loss:8.4f}  accuracy {accuracy:.3f}")

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        loss = correct = 0.0
        for x, y in self.val_loader:
            logits = self.model(x)
            loss += self.criterion(logits, y).item() * len(y)
            correct += (logits.argmax(1) == y).sum().item()
        count = len(self.val_loader.dataset)
        return loss / count, correct / count


if __name__ == "__main__":
    Trainer(Settings()).fit()
