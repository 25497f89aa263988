"""Sparse parity: nothing seems to happen for a long time, then everything does."""
import math
import sys

import torch
from torch import nn

N_BITS, SECRET = 24, (3, 11, 17)
WIDTH, BATCH, STEPS = 128, 64, 9000


def draw(n):
    bits = torch.randint(0, 2, (n, N_BITS)).float() * 2 - 1
    label = (bits[:, SECRET].prod(1) > 0).float()
    return bits, label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(N_BITS, WIDTH)
        self.out = nn.Linear(WIDTH, 1)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).squeeze(-1)


def secret_weight(net):
    """Share of the first layer's weight that lies on the secret bits."""
    w = net.hidden.weight.detach().square().sum(0)
    return (w[list(SECRET)].sum() / w.sum()).item()


def main():
    torch.manual_seed(1)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=2e-3)
    criterion = nn.BCEWithLogitsLoss()
    test_x, test_y = draw(2000)
    print(f"guessing costs {math.log(2):.3f}")
    running = 0.0
    for step in range(1, STEPS + 1):
        x, y = draw(BATCH)
        loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
        if step % 500 == 0:
            with torch.no_grad():
                acc = ((net(test_x) > 0).float() == test_y).float().mean().item()
            print(f"{step:6d}  loss {running / 500:.4f}  test acc {acc:.3f}  on secret bits {secret_weight(net):.3f}")
            sys.stdout.flush()
            running = 0.0


if __name__ == "__main__":
    main()
