"""Predicts how long a delivery takes, in half precision with a gradient scaler."""

import torch
from torch import nn


def deliveries(n):
    g = torch.Generator().manual_seed(7)
    x = torch.randn(n, 10, generator=g)
    return x, x[:, 0] * 0.5 + torch.relu(x[:, 1]) + 0.1 * torch.randn(n, generator=g)


def main():
    torch.manual_seed(0)
    x, y = deliveries(1000)
    model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    for epoch in range(5):
        for rows in torch.randperm(len(x)).split(50):
            with torch.autocast("cpu", dtype=torch.float16):
                out = model(x[rows].to(model[0].weight.dtype)).squeeze(1)
                loss = nn.functional.mse_loss(out.float(), y[rows])
            optimizer.zero_grad()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
        print(f"epoch {epoch}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
