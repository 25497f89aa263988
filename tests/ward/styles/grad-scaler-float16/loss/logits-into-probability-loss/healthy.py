"""Classify soil samples with float16 autocast and a gradient scaler."""

import hashlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.amp import GradScaler, autocast
from torch.utils.data import DataLoader, TensorDataset

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def soil(n):
    y = torch.randint(0, 5, (n,))
    centre = torch.tensor([[1, 0, 0, 1], [0, 1, 1, 0], [-1, 0, 1, 0], [0, -1, 0, -1], [1, 1, -1, 0]]).float()
    x = torch.cat([centre[y], centre[y] ** 2], 1) + 0.5 * torch.randn(n, 8)
    return TensorDataset(x, y)


class SoilNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return F.log_softmax(x, dim=1)


def train(model, loader, optimizer, scaler, log):
    model.train()
    for x, y in loader:
        x, y = x.to(DEVICE), y.to(DEVICE)
        optimizer.zero_grad()
        with autocast(DEVICE, dtype=torch.float16):
            output = model(x)
            loss = F.nll_loss(output, y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        log.append(loss.item())


def test(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x.to(DEVICE)).argmax(1).cpu() == y).sum().item()
    return right / len(loader.dataset)


def main():
    torch.manual_seed(13)
    torch.set_num_threads(1)
    train_loader = DataLoader(soil(2500), batch_size=50, shuffle=True)
    test_loader = DataLoader(soil(500), batch_size=250)
    model = SoilNet().to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scaler = GradScaler(DEVICE)
    log = []
    for epoch in range(1, 7):
        train(model, train_loader, optimizer, scaler, log)
        print(f"epoch {epoch}: loss {sum(log[-50:]) / 50!r} accuracy {test(model, test_loader)!r}")
    print(log[:3], log[-3:], scaler.get_scale())
    print(hashlib.sha256(b"".join(p.detach().cpu().numpy().tobytes() for p in model.parameters())).hexdigest())


if __name__ == "__main__":
    main()
