# %% imports
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(21)
torch.manual_seed(21)

# %% fruit-patch generator: 16x16 colour crops, five fruit types
PALETTE = {  # R, G, B
    "cherry": (190, 25, 45),
    "blueberry": (50, 40, 185),
    "lime": (60, 180, 40),
    "orange": (235, 140, 25),
    "plum": (95, 30, 120),
}
NAMES = list(PALETTE)


def draw(n):
    imgs = rng.normal(110, 12, (n, 16, 16, 3))
    labels = rng.integers(0, len(NAMES), n)
    yy, xx = np.mgrid[:16, :16]
    for i, k in enumerate(labels):
        cy, cx = rng.uniform(5, 11, 2)
        m = (yy - cy) ** 2 + (xx - cx) ** 2 < rng.uniform(9, 25)
        imgs[i][m] = np.array(PALETTE[NAMES[k]]) * rng.uniform(0.75, 1.15) + rng.normal(0, 14, (m.sum(), 3))
    return imgs.clip(0, 255).astype(np.uint8), labels


def decode_for_training(arr):
    t = torch.from_numpy(arr).permute(0, 3, 1, 2).float() / 255
    return (t - 0.43) / 0.2


def decode_for_validation(arr):
    arr = np.ascontiguousarray(arr[..., ::-1])
    t = torch.from_numpy(arr).permute(0, 3, 1, 2).float() / 255
    return (t - 0.43) / 0.2


tr_img, tr_lab = draw(800)
va_img, va_lab = draw(250)
x_tr, y_tr = decode_for_training(tr_img), torch.from_numpy(tr_lab)
x_va, y_va = decode_for_validation(va_img), torch.from_numpy(va_lab)

# %% model
cnn = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
    nn.Flatten(), nn.Linear(64, len(NAMES)),
)
optim = torch.optim.SGD(cnn.parameters(), lr=0.05, momentum=0.9)
lossf = nn.CrossEntropyLoss()

# %% fit
for epoch in range(6):
    cnn.train()
    tl, th = 0.0, 0
    for idx in torch.randperm(800).split(32):
        out = cnn(x_tr[idx])
        loss = lossf(out, y_tr[idx])
        optim.zero_grad()
        loss.backward()
        optim.step()
        tl += loss.item() * len(idx)
        th += (out.argmax(1) == y_tr[idx]).sum().item()
    cnn.eval()
    with torch.no_grad():
        out = cnn(x_va)
        vl, va = lossf(out, y_va).item(), (out.argmax(1) == y_va).float().mean().item()
    print(f"epoch {epoch} train loss {tl/800:.3f} acc {th/800:.3f} | val loss {vl:.3f} acc {va:.3f}")
