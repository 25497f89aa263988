"""Which instruments play in this half second of sound?  (several may play at once)

Written without nn.Module on purpose: weights are a dict, the network is a function.
"""
import sys

import torch
import torch.nn.functional as F

INSTRUMENTS = {"flute": (5, [1.0, 0.2]), "reed": (7, [1.0, 0.0, 0.7, 0.0, 0.4]), "string": (4, [1.0, 0.6, 0.4, 0.3]),
               "bell": (11, [1.0, 0.0, 0.0, 0.8]), "brass": (6, [0.6, 1.0, 0.8, 0.5]), "drum": (2, [1.0, 0.9])}
LENGTH = 128


def play(n, gen):
    on = (torch.rand(n, len(INSTRUMENTS), generator=gen) < 0.3).float()
    t = torch.linspace(0, 1, LENGTH)
    sound = 0.6 * torch.randn(n, LENGTH, generator=gen)
    for k, (base, harmonics) in enumerate(INSTRUMENTS.values()):
        pitch = base + 0.3 * torch.randn(n, 1, generator=gen)
        phase = 6.283 * torch.rand(n, 1, generator=gen)
        tone = sum(a * torch.sin(6.283 * (h + 1) * pitch * t + phase) for h, a in enumerate(harmonics))
        sound += on[:, k:k + 1] * (0.7 + 0.6 * torch.rand(n, 1, generator=gen)) * tone
    spectrum = torch.fft.rfft(sound).abs()[:, :48].log1p()
    return spectrum, on


def init(sizes):
    params = {}
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        params[f"w{i}"] = (torch.randn(a, b) * (2 / a) ** 0.5).requires_grad_()
        params[f"b{i}"] = torch.zeros(b, requires_grad=True)
    return params


def network(params, x):
    last = len(params) // 2 - 1
    for i in range(last):
        x = F.leaky_relu(x @ params[f"w{i}"] + params[f"b{i}"], 0.1)
    return (x @ params[f"w{last}"] + params[f"b{last}"]).sigmoid()


def objective(params, x, y):
    return F.binary_cross_entropy_with_logits(network(params, x), y)


def f1(params, x, y):
    with torch.no_grad():
        hit = network(params, x) > 0.5
    tp = (hit & (y > 0)).sum(0)
    return (2 * tp / (hit.sum(0) + y.sum(0)).clamp(min=1)).tolist()


def main(steps=1000, batch=64):
    torch.manual_seed(9)
    gen = torch.Generator().manual_seed(10)
    x, y = play(8000, gen)
    vx, vy = play(500, gen)
    mean, std = x.mean(0), x.std(0)
    x, vx = (x - mean) / std, (vx - mean) / std
    params = init([48, 64, 64, len(INSTRUMENTS)])
    opt = torch.optim.SGD(list(params.values()), lr=0.05, momentum=0.9, weight_decay=5e-4)
    sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.02, total_iters=steps)
    for step in range(steps):
        rows = torch.randint(len(x), (batch,))
        loss = objective(params, x[rows], y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if (step + 1) % 100 == 0:
            with torch.no_grad():
                held_out = objective(params, vx, vy).item()
            scores = f1(params, vx, vy)
            sys.stdout.write(f"{step + 1:5d}  loss {loss.item():.4f}  held out {held_out:.4f}  "
                             f"mean F1 {sum(scores) / len(scores):.3f}\n")
    for name, s in zip(INSTRUMENTS, scores):
        sys.stdout.write(f"   {name:8s}{s:.3f}\n")


if __name__ == "__main__":
    main()
