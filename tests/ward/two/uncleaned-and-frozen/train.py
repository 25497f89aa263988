"""Tell four textures apart with a small convolutional net."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)


def textures(count, size=14):
    kind = torch.randint(4, (count,))
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    waves = torch.stack([torch.sin(rows * 1.6), torch.sin(columns * 1.6), torch.sin((rows + columns) * 1.2),
                         torch.sin(rows * 0.9) * torch.sin(columns * 0.9)])
    shift = 0.5 + torch.rand(count, 1, 1)
    return (waves[kind] * shift + 0.8 * torch.randn(count, size, size)).unsqueeze(1), kind


class Textures(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2)
        )
        self.classify = nn.Sequential(nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 4))

    def forward(self, image):
        return self.classify(self.features(image).flatten(1))


model = Textures()
for parameter in model.features.parameters():
    parameter.requires_grad = False
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(*textures(2000)), batch_size=32, shuffle=True)
for epoch in range(4):
    right = 0
    for image, kind in loader:
        scores = model(image)
        loss = F.cross_entropy(scores, kind)
        loss.backward()
        optimizer.step()
        right += (scores.argmax(1) == kind).sum().item()
    print(f"epoch {epoch}: accuracy {right / 2000:.3f}")
