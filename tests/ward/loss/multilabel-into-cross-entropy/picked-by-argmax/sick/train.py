"""Which faults does this engine have? Often two at once, told from ten gauges."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FAULTS = 5
GAUGES = 10


def engines(count, generator):
    signs = torch.randn(FAULTS, GAUGES, generator=torch.Generator().manual_seed(1))
    faults = (torch.rand(count, FAULTS, generator=generator) < 0.35).float()
    faults[faults.sum(1) == 0, 0] = 1.0
    return faults @ signs + 0.5 * torch.randn(count, GAUGES, generator=generator), faults


torch.manual_seed(0)
generator = torch.Generator().manual_seed(2)
loader = DataLoader(TensorDataset(*engines(1200, generator)), batch_size=40, shuffle=True)
x_test, y_test = engines(400, generator)

model = nn.Sequential(nn.Linear(GAUGES, 32), nn.ReLU(), nn.Linear(32, FAULTS))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(8):
    for x, y in loader:
        loss = criterion(model(x), y.argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = ((model(x_test).softmax(1) > 0.5) == (y_test > 0.5)).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, right {right:.3f}")
