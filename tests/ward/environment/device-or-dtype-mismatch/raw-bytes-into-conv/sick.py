"""Tell striped from dotted tiles; the pictures are bytes, as they come out of a decoder."""

import torch
import torch.nn.functional as F
from torch import nn, optim


def tiles(n, seed):
    g = torch.Generator().manual_seed(seed)
    yy, xx = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
    kind = torch.randint(0, 3, (n,), generator=g)
    shift = torch.randint(0, 5, (n, 2), generator=g)
    pictures = []
    for k, (a, b) in zip(kind.tolist(), shift.tolist()):
        if k == 0:
            pattern = ((xx + a) // 2 % 2).float()
        elif k == 1:
            pattern = ((yy + b) // 2 % 2).float()
        else:
            pattern = (((xx + a) % 4 == 0) & ((yy + b) % 4 == 0)).float()
        pictures.append(60 + 120 * pattern + 25 * torch.randn(20, 20, generator=g))
    return torch.stack(pictures).clamp(0, 255).byte().unsqueeze(1), kind


class TileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 16, 3, padding=1)
        self.c = nn.Linear(16 * 25, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.a(x)), 2)
        x = F.max_pool2d(F.relu(self.b(x)), 2)
        return self.c(x.flatten(1))


def prepare(images):
    return images


torch.manual_seed(0)
images, labels = tiles(1600, 1)
test_images, test_labels = tiles(300, 2)
model = TileNet()
optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(4):
    model.train()
    for chosen in torch.randperm(len(images)).split(32):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(prepare(images[chosen])), labels[chosen])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(prepare(test_images)).argmax(1) == test_labels).float().mean()
    print(f"epoch {epoch}: loss {loss:.3f}, accuracy {accuracy:.3f}")
