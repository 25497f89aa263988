"""Which tool struck the beam? A convolution over the vibrations at six sensors, then attention over time."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

STEPS, SENSORS, TOOLS = 48, 6, 5


def vibrations(n):
    tool = torch.randint(TOOLS, (n,))
    time = torch.arange(STEPS).float()
    since = time - torch.randint(6, STEPS - 20, (n, 1))
    rise, fall = 1 + 1.5 * tool[:, None], 7 - 1.5 * tool[:, None]
    blow = torch.where(since < 0, torch.exp(since / rise), torch.exp(-since / fall))
    heard = torch.softmax(3 * torch.randn(n, 1, SENSORS), dim=2) * 4
    return heard * blow[:, :, None] + 0.15 * torch.randn(n, STEPS, SENSORS), tool


class ToolNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.conv = nn.Conv1d(SENSORS, width, 7, padding=3)
        self.query = nn.Linear(width, 1)
        self.head = nn.Linear(width, TOOLS)

    def forward(self, x):
        samples, steps, sensors = x.shape
        x = x.view(samples, sensors, steps)
        h = torch.relu(self.conv(x)).transpose(1, 2)
        weight = self.query(h).softmax(1)
        return self.head((weight * h).sum(1))


def main():
    torch.manual_seed(5)
    loader = DataLoader(TensorDataset(*vibrations(1280)), batch_size=40, shuffle=True)
    net = ToolNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    for epoch in range(6):
        mean = 0.0
        for x, tool in loader:
            loss = nn.functional.cross_entropy(net(x), tool)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            mean += loss.item() / len(loader)
        print(f"epoch {epoch} loss {mean:.3f}")


if __name__ == "__main__":
    main()
