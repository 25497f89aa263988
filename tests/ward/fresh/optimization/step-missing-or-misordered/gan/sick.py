# Conditional GAN on a ring of curved strokes (2-D points), two players, two optimizers.
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

MODES = 6
NOISE = 8


def sample_real(n, rng):
    k = rng.integers(0, MODES, n)
    s = rng.uniform(-0.5, 0.5, n)
    ang = 2 * np.pi * k / MODES + 0.6 * s
    rad = 1.0 + 0.25 * np.sin(5 * s)
    pts = np.stack([rad * np.cos(ang), rad * np.sin(ang)], 1) + 0.03 * rng.normal(size=(n, 2))
    return torch.tensor(pts, dtype=torch.float32), torch.tensor(k)


def mlp(sizes, act):
    mods = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        mods.append(nn.Linear(a, b))
        if i < len(sizes) - 2:
            mods.append(act())
    return nn.Sequential(*mods)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = mlp([NOISE + MODES, 64, 64, 2], nn.ReLU)

    def forward(self, z, k):
        return self.body(torch.cat([z, F.one_hot(k, MODES).float()], 1))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = mlp([2 + MODES, 64, 64, 1], lambda: nn.LeakyReLU(0.2))

    def forward(self, x, k):
        return self.body(torch.cat([x, F.one_hot(k, MODES).float()], 1)).squeeze(1)


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


def main(steps=1000, batch=128):
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    gen, disc = Generator(), Critic()
    opt_g = torch.optim.Adam(gen.parameters(), lr=1e-3, betas=(0.5, 0.99))
    opt_d = torch.optim.Adam(disc.parameters(), lr=1e-3, betas=(0.5, 0.99))
    bce = F.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(batch), torch.zeros(batch)

    for it in range(1, steps + 1):
        real, k = sample_real(batch, rng)
        fake = gen(torch.randn(batch, NOISE), k)

        # discriminator
        opt_d.zero_grad()
        d_loss = bce(disc(real, k), ones) + bce(disc(fake.detach(), k), zeros)
        d_loss.backward()
        opt_d.step()

        # generator
        opt_g.zero_grad()
        g_loss = bce(disc(fake, k), ones)
        g_loss.backward()
        opt_d.step()

        if it % 100 == 0:
            gen.eval()
            with torch.no_grad():
                ref, kk = sample_real(300, rng)
                ed = energy_distance(gen(torch.randn(300, NOISE), kk), ref)
            gen.train()
            print(f"{it:5d}  D {d_loss.item():.3f}  G {g_loss.item():.3f}  energy distance {ed:.4f}")


if __name__ == "__main__":
    main()
