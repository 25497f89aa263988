# Fit the tide at a gauge from the moon's phase, plain tensors and nothing else.
import hashlib
import math

import torch

torch.manual_seed(21)
torch.set_num_threads(1)

phase = torch.rand(1500, 2) * 2 * math.pi
wind = torch.randn(1500, 1)
X = torch.cat([phase.sin(), phase.cos(), wind], dim=1)
Y = 1.4 * phase[:, 0].cos() + 0.6 * (2 * phase[:, 1]).sin() + 0.3 * wind[:, 0] + 0.1 * torch.randn(1500)
Y = Y.unsqueeze(1)

W1 = (torch.randn(5, 40) / 5**0.5).requires_grad_()
b1 = torch.zeros(40, requires_grad=True)
W2 = (torch.randn(40, 1) / 40**0.5).requires_grad_()
b2 = torch.zeros(1, requires_grad=True)
params = [W1, b1, W2, b2]
lr = 0.05
losses = []

for epoch in range(30):
    order = torch.randperm(len(X))
    for i in range(0, len(X), 50):
        xb, yb = X[order[i : i + 50]], Y[order[i : i + 50]]
        pred = torch.tanh(xb @ W1 + b1) @ W2 + b2
        loss = ((pred - yb) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= lr * p.grad
                p.grad.zero_()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print(epoch, repr(sum(losses[-30:]) / 30))

print(losses[:3], losses[-3:])
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in params)).hexdigest())
