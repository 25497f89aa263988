"""Which of four defects does a photograph of a weld show? The foreman named all of them."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

DEFECTS = 4
MEASURES = 16


def welds(count, slips, generator):
    shapes = torch.randn(DEFECTS, MEASURES, generator=torch.Generator().manual_seed(1))
    named = torch.randint(DEFECTS, (count,), generator=generator)
    x = shapes[named] + 0.8 * torch.randn(count, MEASURES, generator=generator)
    slipped = torch.rand(count, generator=generator) < slips
    return x, torch.where(slipped, torch.randint(DEFECTS, (count,), generator=generator), named)


torch.manual_seed(0)
generator = torch.Generator().manual_seed(2)
loader = DataLoader(TensorDataset(*welds(600, 0.0, generator)), batch_size=30, shuffle=True)
x_test, y_test = welds(400, 0.0, generator)

model = nn.Sequential(nn.Linear(MEASURES, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, DEFECTS))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(25):
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        out = model(x_test)
        right = (out.argmax(1) == y_test).float().mean().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, test {criterion(out, y_test).item():.3f}, right {right:.3f}")
