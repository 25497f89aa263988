"""Which of twelve keys is a melody in? Pitch histograms of 36 bins, an MLP, SGD with momentum."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

KEYS, BINS = 12, 36
EPOCHS = 12


def melodies(n, generator):
    key = torch.randint(KEYS, (n,), generator=generator)
    scale = torch.tensor([6.0, 0, 3, 0, 4, 3, 0, 5, 0, 3, 0, 2])
    pitch = torch.stack([scale.roll(int(k)) for k in key]).repeat(1, 3)
    return 0.4 * (pitch - scale.mean()) + 1.2 * torch.randn(n, BINS, generator=generator), key


@torch.no_grad()
def test(model, loader, loss_fn):
    model.eval()
    loss, right, seen = 0.0, 0, 0
    for x, y in loader:
        out = model(x)
        loss += loss_fn(out, y).item() * len(y)
        right += (out.argmax(1) == y).sum().item()
        seen += len(y)
    return loss / seen, right / seen


torch.manual_seed(8)
generator = torch.Generator().manual_seed(2)
train = DataLoader(TensorDataset(*melodies(1600, generator)), batch_size=32, shuffle=True)
held_out = DataLoader(TensorDataset(*melodies(600, generator)), batch_size=200)

model = nn.Sequential(nn.Linear(BINS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, KEYS))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=2e-3, momentum=0.9)

for epoch in range(EPOCHS):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    held_loss, accuracy = test(model, held_out, loss_fn)
    print(f"epoch {epoch}: batch loss {loss.item():.3f}, held out {held_loss:.3f}, accuracy {accuracy:.3f}")
