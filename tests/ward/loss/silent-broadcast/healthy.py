"""Predict the daily yield of a solar park from the weather report."""

import math

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


class WeatherReports(Dataset):
    columns = ["cloud", "temperature", "wind", "humidity", "day_sin", "day_cos", "dust", "age"]

    def __init__(self, days, generator):
        day = torch.randint(0, 365, (days,), generator=generator)
        season = 2 * math.pi * day / 365
        noise = torch.randn(days, 6, generator=generator)
        cloud = torch.sigmoid(noise[:, 0])
        temperature = 12 - 10 * torch.cos(season) + 4 * noise[:, 1]
        wind = (3 + 1.5 * noise[:, 2]).clamp(min=0)
        humidity = torch.sigmoid(noise[:, 3] + 2 * cloud - 1)
        dust = torch.sigmoid(noise[:, 4] - 1)
        age = torch.rand(days, generator=generator) * 15
        sun = 5 - 3 * torch.cos(season)
        heat_loss = 1 - 0.004 * (temperature - 1.5 * wind - 15).clamp(min=0)
        self.energy = sun * (1 - 0.75 * cloud**1.5) * heat_loss * (1 - 0.3 * dust) * (1 - 0.006 * age)
        self.energy = self.energy + 0.15 * noise[:, 5]
        self.features = torch.stack(
            [cloud, temperature, wind, humidity, season.sin(), season.cos(), dust, age], dim=1
        )

    def standardise(self, stats=None):
        """Scale inputs and target in place; returns the statistics, to be reused for other sets."""
        if stats is None:
            stats = (self.features.mean(0), self.features.std(0), self.energy.mean(), self.energy.std())
        mean, std, target_mean, target_std = stats
        self.features = (self.features - mean) / std
        self.energy = (self.energy - target_mean) / target_std
        return stats

    def __len__(self):
        return len(self.energy)

    def __getitem__(self, i):
        return self.features[i], self.energy[i]


class YieldModel(nn.Module):
    def __init__(self, n_inputs, n_hidden=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, n_hidden),
            nn.ReLU(),
            nn.Linear(n_hidden, n_hidden),
            nn.ReLU(),
            nn.Linear(n_hidden, 1),
        )

    def forward(self, x):
        return self.layers(x).squeeze(-1)


def run_epoch(model, loader, loss_fn, optimizer=None):
    model.train(optimizer is not None)
    total, batches = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            loss = loss_fn(model(x), y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
            batches += 1
    return total / batches


def main():
    torch.manual_seed(2024)
    generator = torch.Generator().manual_seed(7)
    train_set, val_set = WeatherReports(3200, generator), WeatherReports(640, generator)
    val_set.standardise(train_set.standardise())
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)

    model = YieldModel(len(WeatherReports.columns))
    loss_fn = nn.MSELoss()
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    for epoch in range(1, 11):
        train_mse = run_epoch(model, train_loader, loss_fn, optimizer)
        val_mse = run_epoch(model, val_loader, loss_fn)
        print(f"epoch {epoch:2d} | train MSE {train_mse:.4f} | val MSE {val_mse:.4f}")

    with torch.no_grad():
        example = model(val_set.features[:6]).flatten()
    print("predicted", [round(v, 2) for v in example.tolist()])
    print("measured ", [round(v, 2) for v in val_set.energy[:6].tolist()])


if __name__ == "__main__":
    main()
