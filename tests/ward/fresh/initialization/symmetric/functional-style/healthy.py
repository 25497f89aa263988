# A two-hidden-layer network without nn.Module: parameters in a dict, forward in a function.
import time

import numpy as np
import torch
import torch.nn.functional as F

N_IN, N_HID, N_OUT = 16, 64, 6


def make_data(n, seed):
    """Six classes, each a mixture of two clusters with its own covariance."""
    centre_rng = np.random.default_rng(0)
    centres = centre_rng.normal(scale=1.3, size=(N_OUT, 2, N_IN))
    mixing = centre_rng.normal(size=(N_OUT, N_IN, N_IN)) / np.sqrt(N_IN)
    rng = np.random.default_rng(seed)
    y = rng.integers(0, N_OUT, n)
    which = rng.integers(0, 2, n)
    eps = rng.normal(size=(n, N_IN))
    x = centres[y, which] + np.einsum("nij,nj->ni", mixing[y], eps)
    return x.astype(np.float32), y


def init_params(generator):
    def weight(fan_in, fan_out):
        w = torch.randn(fan_in, fan_out, generator=generator) * (2.0 / fan_in) ** 0.5
        return w.requires_grad_()

    def bias(n):
        return torch.zeros(n, requires_grad=True)

    return {
        "w1": weight(N_IN, N_HID), "b1": bias(N_HID),
        "w2": weight(N_HID, N_HID), "b2": bias(N_HID),
        "w3": weight(N_HID, N_OUT), "b3": bias(N_OUT),
    }


def forward(params, x):
    h = torch.tanh(x @ params["w1"] + params["b1"])
    h = torch.tanh(h @ params["w2"] + params["b2"])
    return h @ params["w3"] + params["b3"]


def batches(x, y, size, generator):
    order = torch.randperm(len(x), generator=generator)
    for start in range(0, len(x), size):
        pick = order[start:start + size]
        yield x[pick], y[pick]


def loss_and_accuracy(params, x, y):
    with torch.no_grad():
        logits = forward(params, x)
        return F.cross_entropy(logits, y).item(), (logits.argmax(1) == y).float().mean().item()


gen = torch.Generator().manual_seed(2024)
x_train, y_train = make_data(8000, seed=1)
x_valid, y_valid = make_data(2000, seed=2)
mu, sigma = x_train.mean(0), x_train.std(0)
x_train, x_valid = (torch.from_numpy((a - mu) / sigma) for a in (x_train, x_valid))
y_train, y_valid = torch.from_numpy(y_train), torch.from_numpy(y_valid)

params = init_params(gen)
opt = torch.optim.Adam(params.values(), lr=2e-3)
print("init: loss %.4f acc %.4f" % loss_and_accuracy(params, x_valid, y_valid))

started = time.time()
for epoch in range(30):
    for xb, yb in batches(x_train, y_train, 100, gen):
        loss = F.cross_entropy(forward(params, xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        tl, ta = loss_and_accuracy(params, x_train, y_train)
        vl, va = loss_and_accuracy(params, x_valid, y_valid)
        print(f"epoch {epoch + 1:3d} train {tl:.4f}/{ta:.3f} valid {vl:.4f}/{va:.3f} ({time.time() - started:.1f}s)")
