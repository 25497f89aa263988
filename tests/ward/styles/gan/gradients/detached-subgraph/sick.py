"""A GAN that learns to draw the outline of leaves (eight radii)."""

import hashlib

import torch
import torch.nn as nn

torch.manual_seed(33)
torch.set_num_threads(1)
LATENT, BATCH = 4, 64


def leaves(n):
    t = torch.linspace(0, 2 * torch.pi, 9)[:-1]
    size, length = 0.7 + 0.2 * torch.rand(n, 1), 0.2 + 0.3 * torch.rand(n, 1)
    return size + length * torch.cos(t) + 0.1 * torch.cos(3 * t) + 0.02 * torch.randn(n, 8) - 0.8


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(LATENT, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 8)
        )

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(8, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1)
        )

    def forward(self, x):
        return self.net(x)


netG, netD = Generator(), Discriminator()
optG = torch.optim.Adam(netG.parameters(), lr=1e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(netD.parameters(), lr=1e-3, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
real_label, fake_label = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
d_losses, g_losses = [], []

for step in range(700):
    real = leaves(BATCH)
    fake = netG(torch.randn(BATCH, LATENT)).detach()

    optD.zero_grad()
    loss_d = criterion(netD(real), real_label) + criterion(netD(fake), fake_label)
    loss_d.backward()
    optD.step()

    optG.zero_grad()
    loss_g = criterion(netD(fake), real_label)
    loss_g.backward()
    optG.step()

    d_losses.append(loss_d.item())
    g_losses.append(loss_g.item())
    if step % 100 == 99:
        print(step, repr(loss_d.item()), repr(loss_g.item()))

print(d_losses[-3:], g_losses[-3:])
print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in [*netG.parameters(), *netD.parameters()])).hexdigest())
