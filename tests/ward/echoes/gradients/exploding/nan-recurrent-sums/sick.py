"""Add the two marked numbers of a long sequence: a recurrent net of our own."""

import torch
from torch import nn

torch.manual_seed(13)
LENGTH, WIDTH = 120, 32


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(2, WIDTH)
        self.carry = nn.Parameter(torch.empty(WIDTH, WIDTH))
        self.leave = nn.Linear(WIDTH, 1)
        nn.init.orthogonal_(self.carry, gain=1.45)

    def forward(self, sequence):
        state = sequence.new_zeros(sequence.shape[0], WIDTH)
        for item in sequence.unbind(1):
            state = torch.relu(self.enter(item) + state @ self.carry) - 0.01 * state
        return self.leave(state).squeeze(1)


def problems(count):
    numbers = torch.rand(count, LENGTH)
    marks = torch.zeros(count, LENGTH)
    first = torch.randint(LENGTH // 2, (count,))
    second = LENGTH // 2 + torch.randint(LENGTH // 2, (count,))
    rows = torch.arange(count)
    marks[rows, first] = marks[rows, second] = 1.0
    return torch.stack([numbers - 0.5, marks], dim=2), (numbers * marks).sum(1) - 1


model = Recurrent()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(150):
    x, y = problems(32)
    loss = ((model(x) - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        print(f"step {step} loss {loss.item():.4f}")
