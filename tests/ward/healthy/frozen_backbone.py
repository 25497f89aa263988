"""Learn a feature extractor on ten digits, then reuse it, frozen, to recognise six letters from few examples."""

import io

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

DIGITS = (
    "01110100011001110101110011000101110", "00100011000010000100001000010001110",
    "01110100010000100010001000100011111", "11111000100010000010000011000101110",
    "00010001100101010010111110001000010", "11111100001111000001000011000101110",
    "00110010001000011110100011000101110", "11111000010001000100010000100001000",
    "01110100011000101110100011000101110", "01110100011000101111000010001001100",
)  # fmt: skip
LETTERS = (
    "01110100011000111111100011000110001", "11110100011000111110100011000111110",
    "01110100011000010000100001000101110", "11111100001000011110100001000011111",
    "10001100011000111111100011000110001", "11111001000010000100001000010000100",
)  # fmt: skip


def render(font, n, rng):
    glyphs = np.array([[int(c) for c in row] for row in font], dtype=np.float32).reshape(-1, 7, 5)
    labels = rng.integers(0, len(font), n)
    images = rng.normal(0, 0.25, (n, 1, 12, 12)).astype(np.float32)
    for i, label in enumerate(labels):
        top, left = rng.integers(1, 5), rng.integers(1, 7)
        images[i, 0, top : top + 7, left : left + 5] += glyphs[label]
    return torch.from_numpy((images - 0.15) / 0.42), torch.from_numpy(labels)


class Backbone(nn.Module):
    out_features = 64

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32 * 3 * 3, self.out_features)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        x = torch.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        return torch.relu(self.fc(x.flatten(1)))


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = Backbone()
        self.head = nn.Linear(Backbone.out_features, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def fit(model, data, epochs, lr, freeze=False):
    loader = DataLoader(TensorDataset(*data), batch_size=48, shuffle=True)
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(params, lr=lr)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        if freeze:
            model.backbone.eval()  # keep the running statistics of the pre-training
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        if epoch in (0, epochs - 1) or epoch % 5 == 0:
            print(f"  epoch {epoch + 1}: loss {total / len(loader):.4f}")


@torch.no_grad()
def accuracy(model, data):
    model.eval()
    return (model(data[0]).argmax(1) == data[1]).float().mean().item()


def main():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)

    print("pre-training on digits")
    source = Classifier(len(DIGITS))
    fit(source, render(DIGITS, 1920, rng), epochs=4, lr=2e-3)
    print(f"  digits accuracy {accuracy(source, render(DIGITS, 400, rng)):.3f}")
    checkpoint = io.BytesIO()
    torch.save(source.backbone.state_dict(), checkpoint)

    print("transfer to letters")
    checkpoint.seek(0)
    model = Classifier(len(LETTERS))
    model.backbone.load_state_dict(torch.load(checkpoint, weights_only=True))
    for p in model.backbone.parameters():
        p.requires_grad = False
    fit(model, render(LETTERS, 480, rng), epochs=20, lr=5e-3, freeze=True)
    print(f"  letters accuracy {accuracy(model, render(LETTERS, 400, rng)):.3f}")


if __name__ == "__main__":
    main()
