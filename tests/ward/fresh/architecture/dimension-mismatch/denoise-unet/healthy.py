"""Denoise rendered line drawings; skip connections are concatenated."""
import logging
from dataclasses import dataclass

import torch
from torch import nn, optim

logging.basicConfig(level=logging.INFO, format="[%(levelname).1s] %(message)s")
LOG = logging.getLogger("denoise")


@dataclass(frozen=True)
class Hyper:
    width: int = 10
    size: int = 32
    noise: float = 0.5
    batch: int = 16
    steps: int = 300
    lr: float = 3e-3


class DoubleConv(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__(
            nn.Conv2d(cin, cout, 3, padding=1), nn.GroupNorm(2, cout), nn.SiLU(),
            nn.Conv2d(cout, cout, 3, padding=1), nn.GroupNorm(2, cout), nn.SiLU(),
        )


class SkipNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.enc1 = DoubleConv(1, w)
        self.enc2 = DoubleConv(w, 2 * w)
        self.bottom = DoubleConv(2 * w, 4 * w)
        self.pool = nn.AvgPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.dec2 = DoubleConv(4 * w + 2 * w, 2 * w)
        self.dec1 = DoubleConv(2 * w + w, w)
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(self.pool(e1))
        b = self.bottom(self.pool(e2))
        d2 = self.dec2(torch.cat([self.up(b), e2], dim=1))
        d1 = self.dec1(torch.cat([self.up(d2), e1], dim=1))
        return x + self.out(d1)


def drawings(n, size, gen):
    """Sum of three soft line segments, values about zero."""
    ax = torch.linspace(-1, 1, size)
    yy, xx = torch.meshgrid(ax, ax, indexing="ij")
    img = torch.zeros(n, size, size)
    for _ in range(3):
        theta = torch.rand(n, 1, 1, generator=gen) * torch.pi
        off = torch.rand(n, 1, 1, generator=gen) - 0.5
        dist = (xx * theta.cos() + yy * theta.sin() - off).abs()
        img = torch.maximum(img, torch.exp(-((dist / 0.08) ** 2)))
    return (2 * img - 0.5).unsqueeze(1)


def psnr(a, b):
    return -10 * torch.log10(((a - b) ** 2).mean() / 4).item()


def main(hp: Hyper):
    torch.manual_seed(9)
    gen = torch.Generator().manual_seed(10)
    val_clean = drawings(64, hp.size, gen)
    val_noisy = val_clean + hp.noise * torch.randn(val_clean.shape, generator=gen)
    LOG.info("noisy input: %.2f dB", psnr(val_noisy, val_clean))

    model = SkipNet(hp.width)
    LOG.info("model has %d parameters", sum(p.numel() for p in model.parameters()))
    opt = optim.AdamW(model.parameters(), lr=hp.lr)
    sched = optim.lr_scheduler.OneCycleLR(opt, max_lr=hp.lr, total_steps=hp.steps)
    for step in range(hp.steps):
        clean = drawings(hp.batch, hp.size, gen)
        noisy = clean + hp.noise * torch.randn(clean.shape, generator=gen)
        loss = nn.functional.l1_loss(model(noisy), clean)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        sched.step()
        if (step + 1) % 50 == 0:
            model.eval()
            with torch.no_grad():
                db = psnr(model(val_noisy), val_clean)
            model.train()
            LOG.info("step %d  l1 %.4f  val %.2f dB", step + 1, loss.item(), db)


if __name__ == "__main__":
    main(Hyper())
