import json
import math
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Clocks(Dataset):
    """24x24 clock faces; the label is the hour the short hand points to."""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        yy, xx = torch.meshgrid(torch.arange(24.0) - 11.5, torch.arange(24.0) - 11.5, indexing="ij")
        self.hour = torch.randint(12, (n,), generator=g)
        minute = torch.rand(n, generator=g)
        images = []
        for angle, length, width in ((self.hour / 12, 6.5, 1.6), (minute, 10.5, 0.7)):
            a = (2 * math.pi * angle).view(-1, 1, 1)
            along = xx * a.sin() - yy * a.cos()
            across = (xx * a.cos() + yy * a.sin()).abs()
            images.append(((along > -1) & (along < length) & (across < width)).float())
        img = torch.maximum(*images) + 0.2 * torch.randn(n, 24, 24, generator=g)
        self.image = ((img - img.mean()) / img.std()).unsqueeze(1)

    def __len__(self):
        return len(self.hour)

    def __getitem__(self, i):
        return self.image[i], self.hour[i]


class ViT(nn.Module):
    def __init__(self, patch=4, dim=32, depth=2, heads=4, classes=12):
        super().__init__()
        self.patchify = nn.Conv2d(1, dim, patch, stride=patch)
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.pos = nn.Parameter(torch.randn(1, (24 // patch) ** 2 + 1, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout=0.0, activation="gelu",
                                           batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        p = self.patchify(x).flatten(2).transpose(1, 2)
        z = torch.cat([self.cls.expand(len(x), -1, -1), p], 1) + self.pos
        return self.head(self.norm(self.encoder(z)[:, 0]))


def main():
    torch.manual_seed(40)
    train = DataLoader(Clocks(2000, 1), batch_size=50, shuffle=True)
    val = DataLoader(Clocks(250, 2), batch_size=250)
    model = ViT()
    epochs = 4
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    warm = torch.optim.lr_scheduler.LinearLR(opt, 0.1, total_iters=40)
    cool = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs * len(train) - 40)
    sched = torch.optim.lr_scheduler.SequentialLR(opt, [warm, cool], [40])
    history = {"loss": [], "watched": [], "val_acc": []}
    watched_image, watched_hour = next(iter(DataLoader(val.dataset, batch_size=6)))
    for epoch in range(epochs):
        t0 = time.time()
        model.train()
        for image, hour in train:
            opt.zero_grad()
            loss = F.cross_entropy(model(image), hour)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            sched.step()
            history["loss"].append(loss.item())
            with torch.no_grad():
                watched = F.cross_entropy(model(watched_image), watched_hour)
            history["watched"].append(watched.item())
        model.eval()
        with torch.no_grad():
            acc = sum((model(i).argmax(1) == h).sum().item() for i, h in val) / 250
        history["val_acc"].append(acc)
        recent = sum(float(v) for v in history["loss"][-len(train):]) / len(train)
        ram = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"epoch {epoch}: loss {recent:.4f}, val acc {acc:.3f}, {time.time() - t0:.1f}s, peak RAM {ram} MB")
    print(json.dumps({k: [round(float(x), 3) for x in v[-5:]] for k, v in history.items()}))


if __name__ == "__main__":
    main()
