"""Fit a smooth network to noisy sensor readings of a temperature field, full batch, with L-BFGS."""

import torch
import torch.nn as nn


def field(p):
    x, y = p[:, :1], p[:, 1:]
    return torch.sin(2 * x) * torch.cos(1.5 * y) + 0.5 * torch.exp(-((x - 0.5) ** 2 + (y + 0.3) ** 2) * 3)


torch.manual_seed(17)
points = torch.empty(600, 2).uniform_(-1.7, 1.7)
values = field(points)
values = (values - values.mean()) / values.std() + 0.02 * torch.randn_like(values)
train_x, test_x = points[:480], points[480:]
train_y, test_y = values[:480], values[480:]

net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
loss_fn = nn.MSELoss()
optimizer = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=5, history_size=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = loss_fn(net(train_x), train_y)
    loss.backward()
    return loss


for iteration in range(120):
    loss = optimizer.step(closure)
    if iteration % 20 == 0 or iteration == 119:
        with torch.no_grad():
            test_loss = loss_fn(net(test_x), test_y)
        print(f"iteration {iteration:3d}  train {loss.item():.6f}  test {test_loss.item():.6f}")
