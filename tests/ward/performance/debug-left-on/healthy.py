"""Denoise the readings of a strain gauge with a gated convolutional network, window by window."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

WINDOW = 64

class GatedBlock(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.both = nn.Conv1d(width, 2 * width, 3, padding=dilation, dilation=dilation)
        self.norm = nn.GroupNorm(4, width)

    def forward(self, x):
        value, gate = self.both(x).chunk(2, dim=1)
        return x + self.norm(torch.tanh(value) * torch.sigmoid(gate))

class Denoiser(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.lift = nn.Conv1d(1, width, 1)
        self.blocks = nn.Sequential(*(GatedBlock(width, dilation) for dilation in (1, 2, 4)))
        self.out = nn.Conv1d(width, 1, 1)

    def forward(self, x):
        return self.out(self.blocks(self.lift(x)))

def readings(n):
    """A load that comes and goes in steps, with an oscillation after each, and the noise of the gauge."""
    time = torch.linspace(0, 1, WINDOW)
    step = torch.rand(n, 1) * 0.6 + 0.2
    height, rate = torch.randn(n, 1), 20 + 30 * torch.rand(n, 1)
    after = (time - step).clamp(min=0)
    clean = height * (time > step) * (1 - 0.6 * torch.exp(-6 * after) * torch.cos(rate * after))
    return (clean + 0.3 * torch.randn(n, WINDOW)).unsqueeze(1), clean.unsqueeze(1)

torch.manual_seed(11)

train = DataLoader(TensorDataset(*readings(1024)), batch_size=32, shuffle=True)
held_out, wanted = readings(256)
model = Denoiser()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4 * len(train))

for epoch in range(4):
    model.train()
    total = 0.0
    for noisy, clean in train:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(noisy), clean)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        error = nn.functional.mse_loss(model(held_out), wanted).item()
    print(f"epoch {epoch}: train {total / len(train):.4f}  held out {error:.4f}  (noise 0.0900)")
