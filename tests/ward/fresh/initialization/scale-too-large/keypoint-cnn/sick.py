import argparse
import math
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def blobs(n, size, generator):
    """One bright and one dark blob on noise; the target is both centres in [-1, 1]."""
    ax = torch.linspace(-1, 1, size)
    yy, xx = torch.meshgrid(ax, ax, indexing="ij")
    pts = (torch.rand(n, 4, generator=generator) - 0.5) * 1.6

    def bump(cx, cy, s):
        return torch.exp(-((xx - cx[:, None, None]) ** 2 + (yy - cy[:, None, None]) ** 2) / (2 * s * s))

    img = bump(pts[:, 0], pts[:, 1], 0.18) - bump(pts[:, 2], pts[:, 3], 0.18)
    img = img + 0.1 * torch.randn(n, size, size, generator=generator)
    return (img / img.std()).unsqueeze(1), pts


class Locator(nn.Module):
    def __init__(self, size, ch=12):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, ch, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv2d(ch, 2 * ch, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(2 * ch, 2 * ch, 3, stride=1, padding=1), nn.ReLU(),
        )
        flat = 2 * ch * (size // 4) ** 2
        self.regressor = nn.Sequential(nn.Flatten(), nn.Linear(flat, 64), nn.ReLU(), nn.Linear(64, 4))

        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                fan_in = m.weight[0].numel()
                bound = math.sqrt(3.0)
                nn.init.uniform_(m.weight, -bound, bound)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.regressor(self.backbone(x))


def pixel_error(pred, target, size):
    d = (pred - target).view(-1, 2, 2).norm(dim=2).mean().item()
    return d * size / 2


def main(argv=None):
    ap = argparse.ArgumentParser()
    ap.add_argument("-e", "--epochs", default=7, type=int)
    ap.add_argument("-b", "--batch", default=50, type=int)
    ap.add_argument("--size", default=24, type=int)
    ap.add_argument("--lr", default=1e-3, type=float)
    opt = ap.parse_args(argv)

    torch.manual_seed(6)
    g = torch.Generator().manual_seed(60)
    train = TensorDataset(*blobs(2000, opt.size, g))
    val_x, val_y = blobs(250, opt.size, g)
    loader = DataLoader(train, batch_size=opt.batch, shuffle=True)

    model = Locator(opt.size)
    adam = torch.optim.Adam(model.parameters(), lr=opt.lr)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, patience=2, factor=0.5)
    mse = nn.MSELoss()
    best = float("inf")
    for e in range(opt.epochs):
        model.train()
        acc = 0.0
        for x, y in loader:
            loss = mse(model(x), y)
            adam.zero_grad()
            loss.backward()
            adam.step()
            acc += loss.item()
        model.eval()
        with torch.no_grad():
            out = model(val_x)
            vloss = mse(out, val_y).item()
        plateau.step(vloss)
        best = min(best, vloss)
        sys.stdout.write(f"{e:02d} train {acc / len(loader):.5f} val {vloss:.5f} "
                         f"err {pixel_error(out, val_y, opt.size):.2f}px best {best:.5f}\n")


if __name__ == "__main__":
    main()
