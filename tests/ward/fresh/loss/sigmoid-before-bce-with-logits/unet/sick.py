"""Segment round cells in noisy microscope tiles with a small U-Net."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader


class CellTiles(Dataset):
    def __init__(self, n, size=24, seed=0):
        self.n, self.size, self.seed = n, size, seed
        self.yy, self.xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(self.seed * 100003 + i)
        mask = torch.zeros(self.size, self.size)
        for _ in range(int(torch.randint(1, 4, (1,), generator=g))):
            cy, cx = torch.randint(3, self.size - 3, (2,), generator=g)
            r = torch.randint(2, 5, (1,), generator=g)
            mask[(self.yy - cy) ** 2 + (self.xx - cx) ** 2 <= r ** 2] = 1
        shade = torch.rand(1, generator=g) * 0.6 * self.xx / self.size
        img = mask + shade + 0.45 * torch.randn(self.size, self.size, generator=g)
        img = (img - img.mean()) / img.std()
        return img[None], mask[None]


def double_conv(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.down1 = double_conv(1, width)
        self.down2 = double_conv(width, 2 * width)
        self.middle = double_conv(2 * width, 4 * width)
        self.up2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.dec2 = double_conv(4 * width, 2 * width)
        self.up1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.dec1 = double_conv(2 * width, width)
        self.final = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        d1 = self.down1(x)
        d2 = self.down2(F.max_pool2d(d1, 2))
        m = self.middle(F.max_pool2d(d2, 2))
        u2 = self.dec2(torch.cat([self.up2(m), d2], dim=1))
        u1 = self.dec1(torch.cat([self.up1(u2), d1], dim=1))
        return torch.sigmoid(self.final(u1))


def dice(pred, mask):
    inter = (pred * mask).sum()
    return (2 * inter / (pred.sum() + mask.sum() + 1e-6)).item()


THRESHOLD = 0.5


def main():
    torch.manual_seed(4)
    train_dl = DataLoader(CellTiles(256, seed=1), batch_size=16, shuffle=True)
    val_dl = DataLoader(CellTiles(40, seed=2), batch_size=40)
    model = UNet()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.4)
    best = 0.0
    for epoch in range(6):
        model.train()
        train_loss = 0.0
        for img, mask in train_dl:
            optimizer.zero_grad()
            loss = criterion(model(img), mask)
            loss.backward()
            optimizer.step()
            train_loss += loss.item() / len(train_dl)
        scheduler.step()
        model.eval()
        val_loss, val_dice = 0.0, 0.0
        with torch.no_grad():
            for img, mask in val_dl:
                out = model(img)
                val_loss += criterion(out, mask).item() / len(val_dl)
                val_dice += dice((out > THRESHOLD).float(), mask) / len(val_dl)
        best = max(best, val_dice)
        print(f"epoch {epoch}: train loss {train_loss:.4f} val loss {val_loss:.4f} val dice {val_dice:.3f}")
    print(f"best dice {best:.3f}")


if __name__ == "__main__":
    main()
