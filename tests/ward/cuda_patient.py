"""A training on a GPU in the state that its argument names; what tests/test_cuda.py examines, bare and observed."""

import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

state = sys.argv[1]
device = torch.device("cuda")
torch.manual_seed(0)
torch.use_deterministic_algorithms(True, warn_only=True)

angles = torch.rand(6000) * 6.283
labels = (angles / 6.284 * 10).long()
images = torch.stack([torch.sin(angles * k + torch.randn(6000) * 0.1) for k in range(1, 65)], 1)
if state == "nonfinite-values":
    images[4321, 7] = float("nan")
if state == "label-out-of-range":
    labels[4321] = 10
train = DataLoader(TensorDataset(images[:5000], labels[:5000]), 50, shuffle=True, pin_memory=True)
valid = DataLoader(TensorDataset(images[5000:], labels[5000:]), 100)
wide = 1 << 16 if state == "out-of-memory" else 128
model = nn.Sequential(nn.Linear(64, wide), nn.ReLU(), nn.Linear(wide, 128), nn.ReLU(), nn.Linear(128, 10)).to(device)
rate = {"learning-rate-too-high": 1.0, "healthy": 1e-3}.get(state, 1e-3)
optimizer = torch.optim.Adam(model.parameters(), rate)
scaler = torch.amp.GradScaler("cuda", enabled=state == "half")
if state == "out-of-memory":
    torch.cuda.set_per_process_memory_fraction(0.002)
kept = []
for epoch in range(4):
    model.train()
    for x, y in train:
        x, y = x.to(device, non_blocking=True), y.to(device, non_blocking=True)
        with torch.autocast("cuda", torch.float16, enabled=state == "half"):
            scores = model(x)
            if state == "softmax-before-cross-entropy":
                scores = scores.softmax(1)
            loss = F.cross_entropy(scores, y)
        if state != "not-zeroed":
            optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        if state == "graph-retained":
            kept.append(loss)
    if state == "steps":
        continue
    model.eval()
    right, total = 0, torch.zeros((), device=device)
    with torch.set_grad_enabled(state == "eval-without-no-grad"):
        outputs = []
        for _ in range(5 if state == "eval-without-no-grad" else 1):
            for x, y in valid:
                scores = model(x.to(device))
                total = total + F.cross_entropy(scores, y.to(device))
                right += (scores.argmax(1).cpu() == y).sum().item()
                outputs.append(scores)
    print(epoch, float(total), right)
print(float(sum(p.double().sum() for p in model.parameters())).hex())
