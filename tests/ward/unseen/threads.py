"""Train an ensemble, one member a thread."""

import threading

import torch
from torch import nn

torch.set_num_threads(1)
data = torch.randn(600, 4, generator=torch.Generator().manual_seed(1))
target = data.prod(1, keepdim=True)


def train(number, losses):
    g = torch.Generator().manual_seed(number)
    model = nn.Sequential(nn.Linear(4, 24), nn.Tanh(), nn.Linear(24, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        pick = torch.randint(0, 600, (32,), generator=g)
        loss = nn.functional.mse_loss(model(data[pick]), target[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())


curves = [[] for _ in range(3)]
threads = [threading.Thread(target=train, args=(n, curve)) for n, curve in enumerate(curves)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print([len(curve) for curve in curves])
