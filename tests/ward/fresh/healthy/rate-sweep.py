"""Try three learning rates on the same small net, keep the best on held-out data, train it longer."""
import itertools
import logging

import torch
from torch import nn

logging.basicConfig(level=logging.INFO, format="%(message)s")


def moons(n, generator, noise=0.18):
    y = torch.randint(2, (n,), generator=generator)
    a = torch.pi * torch.rand(n, generator=generator)
    x = torch.stack([a.cos() + y - 0.5, (a.sin() - 0.25) * (1 - 2 * y.float())], 1)
    x = x + noise * torch.randn(n, 2, generator=generator)
    extra = torch.randn(n, 6, generator=generator)
    return torch.cat([x / x.std(0), extra], 1), y.float()


def build():
    return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))


def batches(x, y, size=64):
    for idx in torch.randperm(len(x)).split(size):
        yield x[idx], y[idx]


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        logit = model(x).squeeze(1)
        return nn.functional.binary_cross_entropy_with_logits(logit, y).item(), ((logit > 0) == (y > 0.5)).float().mean().item()


def fit(lr, data, epochs, seed=0):
    torch.manual_seed(seed)
    xt, yt, xv, yv = data
    model = build()
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    bce = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        model.train()
        for xb, yb in batches(xt, yt):
            opt.zero_grad()
            loss = bce(model(xb).squeeze(1), yb)
            loss.backward()
            opt.step()
    return model, *evaluate(model, xv, yv)


def main():
    g = torch.Generator().manual_seed(13)
    xt, yt = moons(6000, g)
    xv, yv = moons(1500, g)
    data = (xt, yt, xv, yv)
    results = {}
    for lr, seed in itertools.product([1e-4, 1e-2, 5e-2], [0]):
        _, loss, acc = fit(lr, data, epochs=8, seed=seed)
        results[lr] = loss
        logging.info("lr %-7g val loss %.4f acc %.4f", lr, loss, acc)
    best = min(results, key=results.get)
    logging.info("best rate: %g, training longer", best)
    _, loss, acc = fit(best, data, epochs=25)
    logging.info("final: val loss %.4f acc %.4f", loss, acc)


if __name__ == "__main__":
    main()
