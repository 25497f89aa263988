# Deeply supervised texture classifier, averaged with SWA at the end.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset


def textures(n, seed, size=24):
    """Filtered noise; the class is orientation x scale of the filter."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(6, (n,), generator=g)
    ky = torch.fft.fftfreq(size)[:, None]
    kx = torch.fft.fftfreq(size)[None, :]
    filters = []
    for label in range(6):
        theta = torch.tensor(torch.pi * (label % 3) / 3)
        f0 = 0.14 if label < 3 else 0.27
        u = kx * theta.cos() + ky * theta.sin()
        v = -kx * theta.sin() + ky * theta.cos()
        filters.append(torch.exp(-((u.abs() - f0) ** 2 + v**2) / (2 * 0.07**2)))
    bank = torch.stack(filters)
    noise = torch.randn(n, size, size, generator=g)
    x = torch.fft.ifft2(torch.fft.fft2(noise) * bank[y]).real
    x = x / x.std((1, 2), keepdim=True) + 0.8 * torch.randn(n, size, size, generator=g)
    return TensorDataset(x.unsqueeze(1) / 1.28, y)


class Stage(nn.Sequential):
    def __init__(self, cin, cout):
        super().__init__(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(), nn.MaxPool2d(2))


class DeepSup(nn.Module):
    def __init__(self, classes=6):
        super().__init__()
        self.s1, self.s2, self.s3 = Stage(1, 8), Stage(8, 12), Stage(12, 16)
        self.aux1, self.aux2, self.main = nn.Linear(8, classes), nn.Linear(12, classes), nn.Linear(16, classes)

    def forward(self, x):
        a = self.s1(x)
        b = self.s2(a)
        c = self.s3(b)
        main = self.main(c.mean((2, 3)))
        if self.training:
            return main, self.aux1(a.mean((2, 3))), self.aux2(b.mean((2, 3)))
        return main


@torch.no_grad()
def top1(model, loader):
    model.eval()
    return sum((model(x).argmax(1) == y).float().sum().item() for x, y in loader) / len(loader.dataset)


def main():
    torch.manual_seed(4)
    train = DataLoader(textures(1440, 1), batch_size=48, shuffle=True)
    val = DataLoader(textures(300, 2), batch_size=150)
    model = DeepSup()
    opt = torch.optim.SGD(model.parameters(), lr=0.08, momentum=0.9, weight_decay=1e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=5, eta_min=0.02)
    swa_sched = SWALR(opt, swa_lr=0.02, anneal_epochs=1)
    swa = AveragedModel(model)
    start = 5
    for epoch in range(8):
        model.train()
        total = 0.0
        for x, y in train:
            main_out, aux1, aux2 = model(x)
            loss = F.cross_entropy(main_out, y) + 0.3 * F.cross_entropy(aux1, y) + 0.3 * F.cross_entropy(aux2, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        if epoch >= start:
            swa.update_parameters(model)
            swa_sched.step()
        else:
            cosine.step()
        print(f"epoch {epoch} loss {total / len(train):.4f} top1 {top1(model, val):.4f}")
    update_bn(train, swa)
    print(f"averaged weights: top1 {top1(swa, val):.4f}")


if __name__ == "__main__":
    main()
