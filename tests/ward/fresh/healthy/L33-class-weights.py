# Fault detection on a bearing: faults are rare, so their errors weigh more.
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(70)
torch.manual_seed(70)
KINDS = ["fine", "inner race", "outer race"]
PRIOR = [0.9, 0.06, 0.04]


def vibration(n):
    kind = rng.choice(3, n, p=PRIOR)
    t = np.arange(128) / 128
    x = rng.normal(0, 1.0, (n, 128))
    x += np.sin(2 * np.pi * 5 * t + rng.uniform(0, 6.28, (n, 1)))
    for i in np.flatnonzero(kind):
        period = (9 if kind[i] == 1 else 15) + rng.normal(0, 0.2)
        hits = np.arange(rng.uniform(0, period), 127, period).astype(int)
        for h in hits:
            x[i, h:h + 6] += 2.8 * np.exp(-np.arange(len(x[i, h:h + 6])) / 2) * (-1) ** np.arange(len(x[i, h:h + 6]))
    return x.astype(np.float32), kind


def spectrum(x):
    power = np.abs(np.fft.rfft(x, axis=1))[:, 1:] ** 2
    return np.log(power + 1e-3).astype(np.float32)


x, kind = vibration(9000)
x = spectrum(x)
cut = 7500
mu, sigma = x[:cut].mean(0), x[:cut].std(0)
x = torch.from_numpy((x - mu) / sigma)
y = torch.from_numpy(kind)
train_loader = DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=100, shuffle=True)
valid_loader = DataLoader(TensorDataset(x[cut:], y[cut:]), batch_size=500)

counts = torch.bincount(y[:cut], minlength=3).float()
weights = counts.sum() / (3 * counts)
print("counts", counts.int().tolist(), "weights", [round(w, 2) for w in weights.tolist()])

model = nn.Sequential(
    nn.Linear(64, 96), nn.ReLU(), nn.Dropout(0.3),
    nn.Linear(96, 48), nn.ReLU(), nn.Dropout(0.2),
    nn.Linear(48, 3),
)
criterion = nn.CrossEntropyLoss(weight=weights)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 25)

for epoch in range(1, 26):
    model.train()
    running = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    scheduler.step()
    model.eval()
    pred, truth = [], []
    with torch.no_grad():
        for xb, yb in valid_loader:
            pred.append(model(xb).argmax(1))
            truth.append(yb)
    pred, truth = torch.cat(pred), torch.cat(truth)
    recall = [(pred[truth == k] == k).float().mean().item() for k in range(3)]
    if epoch % 5 == 0 or epoch == 1:
        print(f"epoch {epoch:2d}  weighted loss {running / len(train_loader):.4f}  balanced accuracy {np.mean(recall):.3f}  "
              + "  ".join(f"{n} {r:.2f}" for n, r in zip(KINDS, recall)))
