"""Tell from six readings of a pump whether its bearing is worn; what was learnt is written to a file."""

import numpy as np
import torch
from torch import nn

SIZES = np.array([1450.0, 61.0, 0.08, 12.5, 230.0, 4.1])


def readings(count, seed):
    rng = np.random.default_rng(seed)
    worn = rng.integers(2, size=count)
    x = rng.normal(0, 0.08, size=(count, 6)) + 1.0
    x[:, 1] += 0.06 * worn
    x[:, 2] += 0.12 * worn * rng.choice([-1, 1], size=count)
    x[:, 4] -= 0.07 * worn
    return x * SIZES, worn


def tensors(x, y):
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


class Judge(nn.Module):
    def __init__(self, mean, spread):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("spread", torch.tensor(spread, dtype=torch.float32))
        self.body = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))

    def forward(self, x):
        return self.body((x - self.mean) / self.spread)


def main():
    torch.manual_seed(2)
    x, y = readings(1500, 0)
    x_test, y_test = readings(400, 1)
    model = Judge(x.mean(0), x.std(0))
    x, y = tensors(x, y)
    x_test, y_test = tensors(x_test, y_test)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(8):
        for batch in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            accuracy = ((model(x_test) > 0) == (y_test > 0.5)).float().mean().item()
        print(f"epoch {epoch}  loss {loss.item():.3f}  test accuracy {accuracy:.3f}")
    torch.save(model.state_dict(), "pump.pt")


if __name__ == "__main__":
    main()
