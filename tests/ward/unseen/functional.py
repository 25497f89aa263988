"""Meta-free functional training: the step is a pure function of the parameters (torch.func)."""

import hashlib

import torch
from torch import nn
from torch.func import functional_call, grad_and_value

torch.manual_seed(4)
torch.set_num_threads(1)
x = torch.randn(1200, 6)
y = torch.sin(2 * x[:, :1]) + 0.5 * x[:, 1:2] * x[:, 2:3]
net = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 1))
params = {name: p.detach().clone() for name, p in net.named_parameters()}


def loss_of(params, xb, yb):
    return nn.functional.mse_loss(functional_call(net, params, (xb,)), yb)


step = grad_and_value(loss_of)
losses = []
for epoch in range(20):
    order = torch.randperm(len(x))
    for start in range(0, len(x), 40):
        pick = order[start : start + 40]
        grads, loss = step(params, x[pick], y[pick])
        params = {name: p - 0.05 * grads[name] for name, p in params.items()}
        losses.append(loss.item())
print(losses[:3], losses[-3:])
print(hashlib.sha256(b"".join(p.numpy().tobytes() for p in params.values())).hexdigest())
