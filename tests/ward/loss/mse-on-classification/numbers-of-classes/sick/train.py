"""Which of seven instruments plays this note? From twelve numbers of its spectrum."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

INSTRUMENTS = 7
OVERTONES = 12


def notes(count, generator):
    timbre = torch.randn(INSTRUMENTS, OVERTONES, generator=torch.Generator().manual_seed(3))
    played = torch.randint(INSTRUMENTS, (count,), generator=generator)
    return timbre[played] + torch.randn(count, OVERTONES, generator=generator), played


torch.manual_seed(0)
generator = torch.Generator().manual_seed(4)
loader = DataLoader(TensorDataset(*notes(1500, generator)), batch_size=50, shuffle=True)
x_test, y_test = notes(400, generator)

model = nn.Sequential(nn.Linear(OVERTONES, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(8):
    for x, y in loader:
        loss = criterion(model(x).squeeze(1), y.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(x_test).squeeze(1).round() == y_test).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {accuracy:.3f}")
