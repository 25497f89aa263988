from typing import Iterator, NamedTuple

import torch
from torch import Tensor, nn


class Batch(NamedTuple):
    past: Tensor      # [B, T]
    weekday: Tensor   # [B]
    target: Tensor    # [B]


def demand_series(days: int, shops: int, gen: torch.Generator) -> Tensor:
    t = torch.arange(days, dtype=torch.float32)
    level = torch.randn(shops, 1, generator=gen) * 0.3
    weekly = torch.randn(shops, 7, generator=gen) * 0.6
    season = torch.sin(2 * torch.pi * (t / 91 + torch.rand(shops, 1, generator=gen)))
    y = level + weekly[:, (t % 7).long()] + 0.8 * season
    spread = 0.15 + 0.1 * (t % 7 > 4)
    return y + spread * torch.randn(shops, days, generator=gen)


class PinballLoss(nn.Module):
    def __init__(self, quantile: float) -> None:
        super().__init__()
        self.q = quantile

    def forward(self, forecast: Tensor, actual: Tensor) -> Tensor:
        diff = actual - forecast
        return torch.maximum(self.q * diff, (self.q - 1) * diff).mean()


class DemandModel(nn.Module):
    def __init__(self, history: int = 28) -> None:
        super().__init__()
        self.day = nn.Embedding(7, 6)
        self.mix = nn.Sequential(nn.Linear(history + 6, 96), nn.ELU(), nn.Linear(96, 48), nn.ELU())
        self.head = nn.Linear(48, 1)

    def forward(self, past: Tensor, weekday: Tensor) -> Tensor:
        features = self.mix(torch.cat([past, self.day(weekday)], dim=1))
        return self.head(features)


class Windows:
    def __init__(self, series: Tensor, first: int, last: int, history: int = 28) -> None:
        self.series, self.history = series, history
        shops = torch.arange(series.shape[0])
        days = torch.arange(first + history, last)
        self.pairs = torch.cartesian_prod(shops, days)

    def epoch(self, size: int, shuffle: bool) -> Iterator[Batch]:
        pairs = self.pairs[torch.randperm(len(self.pairs))] if shuffle else self.pairs
        offsets = torch.arange(-self.history, 0)
        for chunk in pairs.split(size):
            shop, day = chunk[:, 0], chunk[:, 1]
            yield Batch(self.series[shop[:, None], day[:, None] + offsets], day % 7, self.series[shop, day])


def main() -> None:
    gen = torch.Generator().manual_seed(55)
    torch.manual_seed(55)
    series = demand_series(420, 40, gen)
    series = (series - series[:, :330].mean()) / series[:, :330].std()
    train, test = Windows(series, 0, 330), Windows(series, 330, 420)
    model, criterion = DemandModel(), PinballLoss(0.7)
    optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.85)
    for epoch in range(1, 16):
        model.train()
        total = count = 0
        for batch in train.epoch(128, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(batch.past, batch.weekday), batch.target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch.target)
            count += len(batch.target)
        scheduler.step()
        model.eval()
        below, err, seen = 0.0, 0.0, 0
        with torch.no_grad():
            for batch in test.epoch(512, shuffle=False):
                out = model(batch.past, batch.weekday).reshape(-1)
                below += (batch.target <= out).sum().item()
                err += (batch.target - out).abs().sum().item()
                seen += len(out)
        print(f"{epoch:3d}: pinball {total / count:.4f}   test coverage {below / seen:.3f} (want 0.70)   mae {err / seen:.3f}")


if __name__ == "__main__":
    main()
