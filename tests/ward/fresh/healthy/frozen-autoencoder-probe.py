"""Denoising autoencoder first; then a linear probe on its frozen code, on purpose."""
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def curves(n, generator):
    """Four families of curves on 40 points."""
    t = torch.linspace(0, 1, 40)
    y = torch.randint(4, (n,), generator=generator)
    a, b, c = (torch.rand(n, 1, generator=generator) for _ in range(3))
    fam = torch.stack([
        torch.sin(6.28 * (1 + a) * t + 6.28 * b),
        (2 * t - 1) * (1 + a) * (2 * (b > 0.5).float() - 1) + 0.3 * c,
        (2 * ((t * (2 + 2 * a) + b) % 1.0) - 1),
        2 * torch.exp(-((t - 0.2 - 0.6 * a) / (0.05 + 0.1 * b)) ** 2) - 0.5,
    ])
    x = fam[y, torch.arange(n)]
    return x + 0.05 * torch.randn(n, 40, generator=generator), y


class AutoEncoder(nn.Module):
    def __init__(self, code=12):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(40, 96), nn.ELU(), nn.Linear(96, 48), nn.ELU(), nn.Linear(48, code))
        self.decoder = nn.Sequential(nn.Linear(code, 48), nn.ELU(), nn.Linear(48, 96), nn.ELU(), nn.Linear(96, 40))

    def forward(self, x):
        return self.decoder(self.encoder(x))


def pretrain(model, loader, val_x, epochs=15):
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.93)
    for epoch in range(epochs):
        model.train()
        for x, _ in loader:
            loss = nn.functional.mse_loss(model(x + 0.3 * torch.randn_like(x)), x)
            opt.zero_grad()
            loss.backward()
            opt.step()
        sched.step()
        if epoch % 5 == 4:
            model.eval()
            with torch.no_grad():
                print(f"autoencoder {epoch + 1}: clean reconstruction mse {nn.functional.mse_loss(model(val_x), val_x).item():.4f}")


def probe(encoder, loader, val_x, val_y, epochs=10):
    encoder.eval()
    for p in encoder.parameters():
        p.requires_grad = False
    head = nn.Sequential(nn.BatchNorm1d(12), nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
    opt = torch.optim.AdamW(head.parameters(), lr=5e-3)
    ce = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        head.train()
        for x, y in loader:
            with torch.no_grad():
                z = encoder(x)
            loss = ce(head(z), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 5 == 4:
            head.eval()
            with torch.no_grad():
                acc = (head(encoder(val_x)).argmax(1) == val_y).float().mean().item()
            print(f"probe {epoch + 1}: val acc {acc:.3f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(1)
    loader = DataLoader(TensorDataset(*curves(3000, g)), batch_size=64, shuffle=True)
    val_x, val_y = curves(400, g)
    model = AutoEncoder()
    pretrain(model, loader, val_x)
    probe(model.encoder, loader, val_x, val_y)
