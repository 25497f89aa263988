"""Sort three kinds of beans by eleven measurements of their outline, in pixels."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

KINDS, FEATURES = 3, 11


class Beans(Dataset):
    def __init__(self, n, seed, prepare):
        generator = torch.Generator().manual_seed(seed)
        fixed = torch.Generator().manual_seed(0)
        centres = 0.7 * torch.randn(KINDS, FEATURES, generator=fixed)
        unit = 10 ** (2 * torch.rand(FEATURES, generator=fixed))
        self.kind = torch.randint(KINDS, (n,), generator=generator)
        shape = centres[self.kind] + torch.randn(n, FEATURES, generator=generator)
        self.outline = (4 + shape) * unit
        self.prepare = prepare

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, index):
        return self.prepare(self.outline[index]), self.kind[index]


def raw(outline):
    return outline


class Standardise:
    def __init__(self, outlines):
        self.mean, self.std = outlines.mean(0), outlines.std(0)

    def __call__(self, outline):
        return (outline - self.mean) / self.std


train_set = Beans(1600, 1, raw)
train_set.prepare = Standardise(train_set.outline)
val_set = Beans(400, 2, raw)
train, val = DataLoader(train_set, 40, shuffle=True), DataLoader(val_set, 100)
model = nn.Sequential(nn.Linear(FEATURES, 32), nn.ReLU(), nn.Linear(32, KINDS))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    model.train()
    for x, kind in train:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), kind)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores = [(F.cross_entropy(out, k).item(), (out.argmax(1) == k).float().mean().item())
                  for out, k in ((model(x), kind) for x, kind in val)]  # fmt: skip
    val_loss, accuracy = (sum(column) / len(column) for column in zip(*scores))
    print(f"epoch {epoch}: loss {loss.item():.3f}, validation {val_loss:.3f}, accuracy {accuracy:.3f}")
