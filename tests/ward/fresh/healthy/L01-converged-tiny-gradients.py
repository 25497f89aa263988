"""Fit a noise-free oscillator until there is nothing left to learn."""
import torch
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def response(x):
    return torch.sin(2 * x[:, :1]) * torch.exp(-0.3 * x[:, 1:2] ** 2)


x_train = torch.rand(1500, 2) * 3 - 1.5
x_test = torch.rand(400, 2) * 3 - 1.5
y_train, y_test = response(x_train), response(x_test)

net = nn.Sequential(nn.Linear(2, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=300, eta_min=1e-6)


def grad_norm():
    return torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()


for epoch in range(300):
    net.train()
    order = torch.randperm(len(x_train))
    for rows in order.split(150):
        loss = (net(x_train[rows]) - y_train[rows]).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 30 == 0 or epoch == 299:
        net.eval()
        with torch.no_grad():
            test = (net(x_test) - y_test).square().mean().item()
        print(f"epoch {epoch:3d}  train {loss.item():.2e}  test {test:.2e}  |g| {grad_norm():.2e}")

# settle with a second order method from here
lbfgs = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=60, tolerance_grad=1e-12, tolerance_change=1e-16,
                          line_search_fn="strong_wolfe")


def closure():
    lbfgs.zero_grad()
    value = (net(x_train) - y_train).square().mean()
    value.backward()
    return value


for rounds in range(6):
    value = lbfgs.step(closure)
with torch.no_grad():
    test = (net(x_test) - y_test).square().mean().item()
print(f"after L-BFGS: train {value.item():.2e}  test {test:.2e}  |g| {grad_norm():.2e}")
