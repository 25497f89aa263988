"""Count the customers that a shop will see in the next hour, from weather, calendar and the hours before."""

import torch
import torch.nn.functional as F
from torch import nn

FEATURES, ROWS, BATCH, EPOCHS = 10, 2048, 64, 8


def hours(count, generator):
    features = torch.randn(count, FEATURES, generator=generator)
    weight = torch.linspace(-0.6, 0.6, FEATURES)
    rate = torch.exp(1.0 + features @ weight + 0.4 * features[:, 0] * features[:, 1])
    return features, torch.poisson(rate.clamp(max=60.0), generator=generator)


class Footfall(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.leave = nn.Linear(width, 1)

    def forward(self, x):
        x = F.gelu(self.norm(self.enter(x)))
        return self.leave(F.gelu(self.mix(x))).squeeze(1)


def main():
    torch.manual_seed(11)
    generator = torch.Generator().manual_seed(12)
    x, counts = hours(ROWS, generator)
    x_test, counts_test = hours(512, generator)
    net = Footfall()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for epoch in range(EPOCHS):
        total = 0.0
        for rows in torch.randperm(ROWS, generator=generator).split(BATCH):
            loss = F.poisson_nll_loss(net(x[rows]), counts[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.zero_grad()
            optimizer.step()
            total += loss.item() * len(rows)
        with torch.no_grad():
            test = F.poisson_nll_loss(net(x_test), counts_test).item()
        print(f"epoch {epoch}: train {total / ROWS:.4f}  test {test:.4f}")


if __name__ == "__main__":
    main()
