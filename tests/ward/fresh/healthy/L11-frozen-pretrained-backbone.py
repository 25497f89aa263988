"""Transfer learning: a backbone trained on eight textures, frozen, gets a new head for three others."""
import os
import tempfile

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def grating(n, orientations, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(len(orientations), (n,), generator=g)
    yy, xx = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
    a = torch.tensor(orientations)[y] + 0.08 * torch.randn(n, generator=g)
    p = 6.283 * torch.rand(n, generator=g)
    f = 9 + 3 * torch.rand(n, generator=g)
    wave = torch.sin(f[:, None, None] * (a.cos()[:, None, None] * xx + a.sin()[:, None, None] * yy) + p[:, None, None])
    x = wave + 0.4 * torch.randn(n, 16, 16, generator=g)
    return TensorDataset((x / x.std()).unsqueeze(1), y)


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
    )


class Classifier(nn.Module):
    def __init__(self, features, n_classes):
        super().__init__()
        self.features = features
        self.fc = nn.Linear(128, n_classes)

    def forward(self, x):
        return self.fc(self.features(x))


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def fit(model, train, val, params, epochs, lr, title):
    opt = torch.optim.Adam(params, lr=lr)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in train:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item()
        print(f"{title} epoch {epoch + 1}: loss {total / len(train):.4f} val acc {accuracy(model, val):.3f}")


def pretrain(path):
    angles = [i * 3.1416 / 8 for i in range(8)]
    train = DataLoader(grating(2400, angles, 1), batch_size=48, shuffle=True)
    val = DataLoader(grating(400, angles, 2), batch_size=200)
    model = Classifier(backbone(), 8)
    fit(model, train, val, model.parameters(), 6, 3e-3, "pretrain")
    torch.save(model.features.state_dict(), path)


def main():
    torch.manual_seed(19)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "backbone.pt")
        pretrain(path)
        features = backbone()
        features.load_state_dict(torch.load(path))
    for p in features.parameters():
        p.requires_grad = False
    angles = [0.2, 1.2, 2.3]
    train = DataLoader(grating(900, angles, 3), batch_size=32, shuffle=True)
    val = DataLoader(grating(300, angles, 4), batch_size=150)
    model = Classifier(features, len(angles))
    fit(model, train, val, model.fc.parameters(), 10, 5e-3, "finetune")


if __name__ == "__main__":
    main()
