"""Name the mineral behind a noisy spectrum; batches of 128 are gathered from chunks of 16 to fit a small machine."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CHUNK, CHUNKS, EPOCHS, RATE = 16, 8, 6, 0.08
LINES = {"quartz": (9, 31), "calcite": (14, 40), "gypsum": (9, 22), "halite": (27, 40), "mica": (14, 31)}
WIDTH = 48


def spectra(count, seed):
    g = torch.Generator().manual_seed(seed)
    kinds = torch.randint(len(LINES), (count,), generator=g)
    centres = torch.tensor(list(LINES.values()), dtype=torch.float32)[kinds]
    centres = centres + torch.randn(count, 2, generator=g) * 1.2
    height = 0.6 + torch.rand(count, 2, generator=g)
    at = torch.arange(WIDTH, dtype=torch.float32)
    peaks = height[..., None] * torch.exp(-((at - centres[..., None]) ** 2) / 6.0)
    return peaks.sum(1) + 0.45 * torch.randn(count, WIDTH, generator=g), kinds


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(12 * WIDTH // 2, 48), nn.ReLU()
        )
        self.head = nn.Linear(48, len(LINES))

    def forward(self, x):
        return self.head(self.body(x.unsqueeze(1)))


def main():
    torch.manual_seed(4)
    train = DataLoader(TensorDataset(*spectra(4096, 1)), batch_size=CHUNK, shuffle=True, drop_last=True)
    x_val, y_val = spectra(800, 2)
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for number, (x, y) in enumerate(train, start=1):
            loss = criterion(model(x), y)
            (loss / CHUNKS).backward()
            if number % CHUNKS == 0:
                optimizer.step()
                optimizer.zero_grad()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            accuracy = (model(x_val).argmax(1) == y_val).float().mean().item()
        print(f"epoch {epoch}  loss {total / len(train):.3f}  validation accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
