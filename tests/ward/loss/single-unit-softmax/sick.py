"""Will a customer cancel? One output, yes or no."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def customers(n):
    g = torch.Generator().manual_seed(9)
    x = torch.randn(n, 8, generator=g)
    score = x[:, 0] - 0.7 * x[:, 1] + x[:, 2] * x[:, 3] + 0.3 * torch.randn(n, generator=g)
    return TensorDataset(x, (score > 0).float().unsqueeze(1))


def main():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(6):
        right = total = 0
        for x, y in DataLoader(customers(1200), batch_size=50, shuffle=True):
            scores = model(x)
            loss = criterion(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += ((scores > 0) == (y > 0.5)).sum().item()
            total += len(y)
        print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {right / total:.3f}")


if __name__ == "__main__":
    main()
