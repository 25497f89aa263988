"""Does a patient's pulse speed up, slow down or stay? A recurrent net over forty heart beats with two sensors."""

import torch
import torch.nn.functional as F
from torch import nn

BEATS = 40


def recordings(n, generator):
    trend = torch.randint(3, (n,), generator=generator)
    slope = (trend - 1).float() * 1.6
    time = torch.linspace(-0.5, 0.5, BEATS)
    pulse = slope[:, None] * time + torch.randn(n, 1, generator=generator)
    sensors = pulse[:, :, None] + 0.3 * torch.randn(n, BEATS, 2, generator=generator)
    return sensors, trend


class PulseNet(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(2, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 3)

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.out(states[:, -1])


class Trainer:
    def __init__(self, model, lr=4e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def fit(self, x, y, epochs, batch):
        for epoch in range(epochs):
            order = torch.randperm(len(x))
            losses = [self.step(x[rows], y[rows]) for rows in order.split(batch)]
            print(f"epoch {epoch}: {sum(losses) / len(losses):.3f}")

    def step(self, x, y):
        loss = F.cross_entropy(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, x, y):
        return (self.model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(1)
generator = torch.Generator().manual_seed(2)
trainer = Trainer(PulseNet())
trainer.fit(*recordings(1500, generator), epochs=6, batch=50)
print(f"test accuracy {trainer.accuracy(*recordings(300, generator)):.3f}")
