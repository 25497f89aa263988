"""Tell the varieties of a grain from seven measurements of its kernels."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

VARIETIES = 3

torch.manual_seed(2)
centres = torch.randn(VARIETIES, 7) * 1.5
variety = torch.randint(VARIETIES, (900,))
kernels = centres[variety] + torch.randn(900, 7)
kernels = (kernels - kernels.mean(0)) / kernels.std(0)
train = DataLoader(TensorDataset(kernels[:700], variety[:700]), batch_size=50, shuffle=True)

device = torch.device("cuda")
model = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, VARIETIES)).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    total = 0.0
    for x, y in train:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / len(train):.3f}")

model.eval()
with torch.no_grad():
    right = (model(kernels[700:].to(device)).argmax(1).cpu() == variety[700:]).float().mean().item()
print(f"{right:.0%} of the held-out kernels named right")
