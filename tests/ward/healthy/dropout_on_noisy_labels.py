"""Do readers like a review? Three of ten say the opposite of what they mean, so dropout and weight decay are strong."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WORDS = 60


def reviews(n, liars, generator):
    x = (torch.rand(n, WORDS, generator=generator) < 0.2).float()
    taste = torch.linspace(-1, 1, WORDS).sin() * 3
    liked = (x @ taste > 0).float()
    lies = (torch.rand(n, generator=generator) < liars).float()
    return (x - 0.2) / 0.4, (liked - lies).abs().unsqueeze(1)


torch.manual_seed(2)
generator = torch.Generator().manual_seed(9)
train_loader = DataLoader(TensorDataset(*reviews(900, 0.3, generator)), batch_size=30, shuffle=True)
val_x, val_y = reviews(500, 0.3, generator)

model = nn.Sequential(
    nn.Linear(WORDS, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 1)
)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
loss_fn = nn.BCEWithLogitsLoss()

for epoch in range(8):
    model.train()
    running = 0.0
    for x, y in train_loader:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() / len(train_loader)
    model.eval()
    with torch.no_grad():
        out = model(val_x)
        val = loss_fn(out, val_y).item()
        right = ((out > 0).float() == val_y).float().mean().item()
    print(f"epoch {epoch}: train {running:.4f}, validation {val:.4f}, accuracy {right:.3f}")
