"""Forecast the heart rate of a runner from pace and slope with a GRU cell, unrolled by hand."""

import math
import random

import torch
from torch import nn

STEPS = 50
BATCH = 32
ITERATIONS = 300
REPORT = 25


def simulate(batch):
    """The pulse follows the effort slowly, faster up than down."""
    pace = torch.randn(batch, 1).expand(batch, STEPS) * 0.6
    phase = torch.rand(batch, 1) * 2 * math.pi
    time = torch.arange(STEPS).float()
    slope = torch.sin(2 * math.pi * time / random.randint(20, 60) + phase)
    surge = (torch.rand(batch, STEPS) < 0.06).float() * torch.randn(batch, STEPS)
    pace = pace + surge.cumsum(dim=1) * 0.6
    effort = pace + 0.8 * slope
    pulse, course = torch.zeros(batch), []
    for t in range(STEPS):
        rate = torch.where(effort[:, t] > pulse, 0.35, 0.12)
        pulse = pulse + rate * (effort[:, t] - pulse)
        course.append(pulse)
    inputs = torch.stack([pace, slope], dim=-1) + 0.05 * torch.randn(batch, STEPS, 2)
    return inputs, torch.stack(course, dim=1)


class PulseModel(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.cell = nn.GRUCell(2, hidden)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, inputs):
        state = inputs.new_zeros(inputs.shape[0], self.hidden)
        course = []
        for t in range(inputs.shape[1]):
            state = self.cell(inputs[:, t], state)
            course.append(self.readout(state))
        return torch.cat(course, dim=1)


random.seed(6)
torch.manual_seed(6)
model = PulseModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.993)
criterion = nn.MSELoss()

history = []
total_loss = 0.0
for iteration in range(1, ITERATIONS + 1):
    inputs, pulse = simulate(BATCH)
    optimizer.zero_grad()
    loss = criterion(model(inputs), pulse)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    total_loss += loss.item()
    if iteration % REPORT == 0:
        history.append(total_loss / REPORT)
        print(f"iteration {iteration:4d}: mean loss {history[-1]:.4f}")
        total_loss = 0.0

model.eval()
with torch.no_grad():
    inputs, pulse = simulate(200)
    print(f"test loss {criterion(model(inputs), pulse):.4f} (variance of the pulse {pulse.var():.4f})")
print(f"from {history[0]:.4f} down to {min(history):.4f}")
