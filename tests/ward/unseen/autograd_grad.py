"""A loop on torch.autograd.grad: gradients come back as values, no .grad, no optimizer."""

import hashlib

import torch

torch.manual_seed(4)
torch.set_num_threads(1)
x = torch.randn(1000, 5)
y = x @ torch.tensor([1.0, -2.0, 0.5, 0.0, 1.5]) + 0.1 * torch.randn(1000)
w = torch.zeros(5, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
losses = []
for step in range(300):
    pick = torch.randint(0, 1000, (32,))
    loss = ((x[pick] @ w + b - y[pick]) ** 2).mean()
    gw, gb = torch.autograd.grad(loss, (w, b))
    w = (w - 0.05 * gw).detach().requires_grad_()
    b = (b - 0.05 * gb).detach().requires_grad_()
    losses.append(loss.item())
print(losses[:3], losses[-3:])
print(hashlib.sha256(w.detach().numpy().tobytes() + b.detach().numpy().tobytes()).hexdigest())
