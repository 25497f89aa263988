"""Fine-tune a conv net on a small second site with its BatchNorm statistics kept from the first."""
import copy

import torch
import torch.nn as nn
import torch.nn.functional as F


def tiles(n, gain, seed):
    """Tiles of tissue: smooth, speckled, striped or with a round body."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(4, (n,), generator=g)
    yy, xx = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    c = 5 + 6 * torch.rand(n, 2, 1, 1, generator=g)
    body = (((yy - c[:, 0]) ** 2 + (xx - c[:, 1]) ** 2) < 16).float() * 2
    stripes = torch.sin(1.6 * (xx + yy) + 6.28 * torch.rand(n, 1, 1, generator=g))
    speckle = (torch.rand(n, 16, 16, generator=g) < 0.1).float() * 3
    smooth = 0.15 * torch.randn(n, 1, 1, generator=g) * (xx - 8)
    x = torch.stack([smooth, speckle, stripes, body])[y, torch.arange(n)]
    x = gain * x + 0.5 * torch.randn(n, 16, 16, generator=g)
    return (x - x.mean()).div(x.std()).unsqueeze(1), y


class TileNet(nn.Module):
    def __init__(self, freeze_bn=False):
        super().__init__()
        self.freeze_bn = freeze_bn
        self.conv1, self.bn1 = nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.bn2 = nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(x.mean((2, 3)))

    def train(self, mode=True):
        super().train(mode)
        if self.freeze_bn:
            for m in self.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.eval()
        return self


def accuracy(net, x, y):
    net.eval()
    with torch.no_grad():
        return (net(x).argmax(1) == y).float().mean().item()


def run(net, data, val, epochs, batch, lr, name):
    opt = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=lr, momentum=0.9)
    x, y = data
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for rows in torch.randperm(len(x)).split(batch):
            opt.zero_grad()
            loss = F.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            opt.step()
            total += loss.item() * len(rows)
        if epoch % 2 == 1:
            print(f"{name} epoch {epoch + 1}: loss {total / len(x):.4f}, val acc {accuracy(net, *val):.3f}")


def main():
    torch.manual_seed(50)
    first = TileNet()
    run(first, tiles(1600, 1.0, 1), tiles(250, 1.0, 2), 6, 64, 0.05, "site A")
    second = TileNet(freeze_bn=True)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for bn in (second.bn1, second.bn2):
        bn.requires_grad_(False)
    val = tiles(250, -0.7, 4)
    print(f"site B before: {accuracy(second, *val):.3f}")
    # batches of four: far too small to estimate statistics from
    run(second, tiles(400, -0.7, 3), val, 6, 4, 0.002, "site B")


if __name__ == "__main__":
    main()
