"""Sort glass shards by refraction; the whole training step is one compiled function."""

import hashlib

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(44)
torch.set_num_threads(1)


class Shards(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.norm, self.fc2 = nn.Linear(9, 64), nn.BatchNorm1d(64), nn.Linear(64, 4)

    def forward(self, x):
        return self.fc2(F.relu(self.norm(self.fc1(x))))


centres = torch.randn(4, 9)
y = torch.randint(4, (2400,))
x = centres[y] + 0.8 * torch.randn(2400, 9)
x = (x - x.mean(0)) / x.std(0)
model = Shards()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)


@torch.compile(backend="aot_eager")
def train_step(xb, yb):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(xb), yb)
    loss.backward()
    optimizer.step()
    return loss.detach()


losses = []
for epoch in range(5):
    model.train()
    order = torch.randperm(2000)
    for start in range(0, 2000, 40):
        pick = order[start : start + 40]
        losses.append(train_step(x[pick], y[pick]).item())
    model.eval()
    with torch.no_grad():
        right = (model(x[2000:]).argmax(1) == y[2000:]).double().mean().item()
    print(epoch, repr(sum(losses[-50:]) / 50), repr(right))

print(losses[:3], losses[-3:])
print(hashlib.sha256(b"".join(t.numpy().tobytes() for t in model.state_dict().values())).hexdigest())
