"""A sound classifier, then two uses of gradients on its frozen weights: an attack on inputs and a picture from noise."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
shapes = torch.randn(5, 24)
labels = torch.randint(0, 5, (2000,))
inputs = shapes[labels] + 0.7 * torch.randn(2000, 24)
model = nn.Sequential(nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    for rows in torch.randperm(2000).split(40):
        loss = F.cross_entropy(model(inputs[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    accuracy = (model(inputs).argmax(1) == labels).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {accuracy:.3f}")

model.requires_grad_(False)
delta = torch.zeros(200, 24, requires_grad=True)
attack = torch.optim.SGD([delta], lr=1.0)
for _ in range(20):
    gain = -F.cross_entropy(model(inputs[:200] + delta), labels[:200])
    attack.zero_grad()
    gain.backward()
    attack.step()
    delta.data.clamp_(-0.3, 0.3)
print("under attack:", (model(inputs[:200] + delta).argmax(1) == labels[:200]).float().mean().item())

picture = torch.randn(1, 24, requires_grad=True)
dream = torch.optim.Adam([picture], lr=0.05)
for _ in range(50):
    score = -model(picture)[0, 3] + 0.05 * picture.square().sum()
    dream.zero_grad()
    score.backward()
    dream.step()
print("dreamt of class", model(picture).argmax().item())
