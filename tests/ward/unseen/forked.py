"""Each fold of a cross-validation trains in a forked process of its own."""

import multiprocessing

import torch
from torch import nn

torch.set_num_threads(1)


def fold(number, results):
    g = torch.Generator().manual_seed(number)
    x = torch.randn(400, 6, generator=g)
    y = x[:, :1] * x[:, 1:2]
    model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for start in range(0, 400, 20):
        loss = nn.functional.mse_loss(model(x[start : start + 20]), y[start : start + 20])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    results.put(loss.item())


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    folds = [context.Process(target=fold, args=(number, results)) for number in range(3)]
    for process in folds:
        process.start()
    print(sorted(results.get() for _ in folds))
    for process in folds:
        process.join()
