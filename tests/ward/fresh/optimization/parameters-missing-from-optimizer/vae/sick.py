import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Encoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.ReLU(),
            nn.Flatten(),
        )
        self.mu = nn.Linear(32 * 4 * 4, latent)
        self.logvar = nn.Linear(32 * 4 * 4, latent)

    def forward(self, x):
        h = self.conv(x)
        return self.mu(h), self.logvar(h)


class Decoder(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.fc = nn.Linear(latent, 32 * 4 * 4)
        self.deconv = nn.Sequential(
            nn.ReLU(), nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
            nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
        )

    def forward(self, z):
        return self.deconv(self.fc(z).view(-1, 32, 4, 4))


def draw_bars(n, seed, size=16):
    """Soft-edged rotated bars, values in [0, 1]."""
    g = torch.Generator().manual_seed(seed)
    ax = torch.linspace(-1, 1, size)
    yy, xx = torch.meshgrid(ax, ax, indexing="ij")
    theta = torch.rand(n, 1, 1, generator=g) * torch.pi
    cx, cy = (torch.rand(2, n, 1, 1, generator=g) - 0.5) * 0.8
    u = (xx - cx) * torch.cos(theta) + (yy - cy) * torch.sin(theta)
    v = -(xx - cx) * torch.sin(theta) + (yy - cy) * torch.cos(theta)
    return (torch.sigmoid(12 * (0.7 - u.abs())) * torch.sigmoid(12 * (0.2 - v.abs()))).unsqueeze(1)


def elbo_terms(encoder, decoder, x):
    mu, logvar = encoder(x)
    z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
    rec = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum") / len(x)
    kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum() / len(x)
    return rec, kld


def main():
    torch.manual_seed(42)
    latent = 4
    train_loader = DataLoader(TensorDataset(draw_bars(2000, 1)), batch_size=50, shuffle=True)
    val_loader = DataLoader(TensorDataset(draw_bars(200, 2)), batch_size=100)

    encoder, decoder = Encoder(latent), Decoder(latent)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)

    for epoch in range(6):
        encoder.train(), decoder.train()
        for (x,) in train_loader:
            rec, kld = elbo_terms(encoder, decoder, x)
            loss = rec + kld
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        encoder.eval(), decoder.eval()
        totals = torch.zeros(2)
        with torch.no_grad():
            for (x,) in val_loader:
                rec, kld = elbo_terms(encoder, decoder, x)
                totals += torch.tensor([rec.item(), kld.item()])
        rec, kld = (totals / len(val_loader)).tolist()
        print(f"====> Epoch {epoch}: -ELBO {rec + kld:.2f} (rec {rec:.2f}, kl {kld:.2f})")


main()
