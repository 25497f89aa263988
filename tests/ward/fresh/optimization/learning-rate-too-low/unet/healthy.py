"""Segment discs against a textured background with a small U-Net."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def render(n, size=32, seed=0):
    g = torch.Generator().manual_seed(seed)
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    imgs, masks = [], []
    for _ in range(n):
        phase = torch.rand(2, generator=g) * 6.28
        bg = 0.4 * torch.sin(xx * 0.7 + phase[0]) * torch.cos(yy * 0.5 + phase[1])
        mask = torch.zeros(size, size)
        for _ in range(int(torch.randint(1, 4, (1,), generator=g))):
            cx, cy = (torch.rand(2, generator=g) * size).tolist()
            r = 4 + 4 * torch.rand(1, generator=g).item()
            mask = torch.maximum(mask, (((xx - cx) ** 2 + (yy - cy) ** 2) < r * r).float())
        img = bg + mask * 0.9 + 0.25 * torch.randn(size, size, generator=g)
        imgs.append(img[None])
        masks.append(mask[None])
    x = torch.stack(imgs)
    return (x - x.mean()) / x.std(), torch.stack(masks)


def block(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.d1, self.d2 = block(1, w), block(w, 2 * w)
        self.mid = block(2 * w, 4 * w)
        self.up2 = nn.ConvTranspose2d(4 * w, 2 * w, 2, stride=2)
        self.u2 = block(4 * w, 2 * w)
        self.up1 = nn.ConvTranspose2d(2 * w, w, 2, stride=2)
        self.u1 = block(2 * w, w)
        self.final = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        c = self.u2(torch.cat([self.up2(c), b], 1))
        c = self.u1(torch.cat([self.up1(c), a], 1))
        return self.final(c)


def dice(logits, target):
    p = (logits > 0).float()
    inter = (p * target).sum((1, 2, 3))
    return ((2 * inter + 1) / (p.sum((1, 2, 3)) + target.sum((1, 2, 3)) + 1)).mean().item()


if __name__ == "__main__":
    torch.manual_seed(3)
    train_x, train_y = render(320, seed=1)
    val_x, val_y = render(60, seed=2)
    model = UNet()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-5)
    sched = torch.optim.lr_scheduler.StepLR(opt, step_size=6, gamma=0.5)
    for epoch in range(6):
        model.train()
        perm = torch.randperm(len(train_x))
        epoch_loss = 0.0
        for i in range(0, len(perm), 20):
            idx = perm[i:i + 20]
            opt.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(train_x[idx]), train_y[idx])
            loss.backward()
            opt.step()
            epoch_loss += loss.item() * len(idx)
        sched.step()
        model.eval()
        with torch.no_grad():
            out = model(val_x)
            vloss = F.binary_cross_entropy_with_logits(out, val_y).item()
        print(f"[{epoch + 1}/6] loss={epoch_loss / len(perm):.4f} val_loss={vloss:.4f} dice={dice(out, val_y):.3f} lr={sched.get_last_lr()[0]:.1e}")
