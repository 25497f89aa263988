"""Sort parcels by shape from three laser sweeps."""

import hashlib

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_num_threads(1)


class ParcelNet(nn.Module):
    def __init__(self, kinds):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv1d(16, 16, 3, padding=1)
        self.norm = nn.BatchNorm1d(16)
        self.out = nn.Linear(16 * 8, kinds)

    def forward(self, sweeps):
        h = F.relu(self.conv1(sweeps))
        h = F.max_pool1d(F.relu(self.norm(self.conv2(h))), 2)
        return F.softmax(self.out(h.flatten(1)), dim=1)


def make(n, kinds=5):
    y = torch.randint(kinds, (n,))
    s = torch.linspace(-1, 1, 16).view(1, 1, 16)
    width = (0.25 + 0.15 * y).view(-1, 1, 1)
    lean = ((y % 3) - 1).view(-1, 1, 1) * torch.tensor([-0.3, 0.0, 0.3]).view(1, 3, 1)
    x = torch.sigmoid(12 * (width - (s - lean).abs())) + 0.25 * torch.randn(n, 3, 16)
    return (x - 0.5) * 2, y


x, y = make(2400)
vx, vy = make(600)
model = ParcelNet(5)
model.compile(backend="aot_eager")
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
history = []
for epoch in range(8):
    model.train()
    order = torch.randperm(len(x))
    for start in range(0, len(x), 60):
        pick = order[start : start + 60]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[pick]), y[pick])
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    model.eval()
    with torch.no_grad():
        scores = torch.cat([model(vx[i : i + 60]) for i in range(0, len(vx), 60)])
    print(epoch, repr(sum(history[-40:]) / 40), repr((scores.argmax(1) == vy).double().mean().item()))

print(history[:3], history[-3:])
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in model.state_dict().values())).hexdigest())
