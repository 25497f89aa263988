"""Leaf species from shape descriptors, plain functional training."""
import torch
import torch.nn.functional as F


def load_species(n_per, n_cls, seed):
    # rows are stored species by species, as in the original csv
    g = torch.Generator().manual_seed(seed)
    proto = torch.randn(n_cls, 14, generator=torch.Generator().manual_seed(100))
    xs = [proto[c] + 0.9 * torch.randn(n_per, 14, generator=g) for c in range(n_cls)]
    ys = [torch.full((n_per,), c) for c in range(n_cls)]
    return torch.cat(xs), torch.cat(ys)


def init_params(sizes):
    ps = []
    for a, b in zip(sizes, sizes[1:]):
        ps += [(torch.randn(a, b) * (2 / a) ** 0.5).requires_grad_(), torch.zeros(b, requires_grad=True)]
    return ps


def forward(ps, x):
    for i in range(0, len(ps) - 2, 2):
        x = F.relu(x @ ps[i] + ps[i + 1])
    return x @ ps[-2] + ps[-1]


def batches(x, y, bs):
    order = torch.randperm(len(x))
    for start in range(0, len(x), bs):
        idx = order[start:start + bs]
        yield x[idx], y[idx]


def accuracy(ps, x, y):
    with torch.no_grad():
        return (forward(ps, x).argmax(1) == y).float().mean().item()


torch.manual_seed(51)
x, y = load_species(250, 8, 1)
xt, yt = load_species(60, 8, 2)
params = init_params([14, 64, 32, 8])
opt = torch.optim.SGD(params, lr=0.05, momentum=0.9)
for epoch in range(15):
    losses = []
    for xb, yb in batches(x, y, 50):
        loss = F.cross_entropy(forward(params, xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print(f"epoch {epoch:2d}  train loss {sum(losses) / len(losses):.4f}  test acc {accuracy(params, xt, yt):.3f}")
