"""The quality of wine (poor, fair, good, fine) from eleven chemical measurements."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def wines(count=2600, seed=5):
    generator = torch.Generator().manual_seed(seed)
    chemistry = torch.randn(count, 11, generator=generator)
    taste = torch.randn(11, 4, generator=generator)
    hidden = torch.tanh(chemistry @ taste)
    merit = hidden.sum(1) + 0.4 * torch.randn(count, generator=generator)
    borders = torch.quantile(merit, torch.tensor([0.25, 0.5, 0.75]))
    return chemistry, torch.bucketize(merit, borders)


class Wine(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(11, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.out = nn.Linear(64, classes)

    def forward(self, x):
        return self.out(self.body(x))


if __name__ == "__main__":
    torch.manual_seed(2)
    dataset = TensorDataset(*wines())
    training, held_out = random_split(dataset, [2200, 400])
    loader = DataLoader(training, batch_size=40, shuffle=True)
    model = Wine()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    for epoch in range(12):
        running = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y.float())
            loss.backward()
            optimizer.step()
            running += loss.item()
        with torch.no_grad():
            x, y = held_out.dataset.tensors[0][held_out.indices], held_out.dataset.tensors[1][held_out.indices]
            accuracy = (model(x).argmax(1) == y).float().mean().item()
        print(f"{epoch + 1:2d}  loss {running / len(loader):.4f}  accuracy {accuracy:.3f}")
