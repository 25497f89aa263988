# %%
# A variational autoencoder on little 16 x 16 pictures of bars and blobs.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

# %%
def pictures(n, size=16):
    yy = torch.arange(size).view(1, size, 1).float()
    xx = torch.arange(size).view(1, 1, size).float()
    cy, cx = 3 + 10 * torch.rand(2, n, 1, 1)
    spread = 1 + 2 * torch.rand(n, 1, 1)
    blob = torch.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (2 * spread**2))
    stretch = torch.rand(n, 1, 1) < 0.5
    bar = torch.exp(-((yy - cy) ** 2) / 4) * torch.ones_like(xx)
    return torch.where(stretch, bar, blob).flatten(1)


train_loader = DataLoader(TensorDataset(pictures(4096)), batch_size=64, shuffle=True)
test_pictures = pictures(512)

# %%
class VAE(nn.Module):
    def __init__(self, n_pixels=256, hidden=128, n_latent=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_pixels, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, n_latent)
        self.log_var = nn.Linear(hidden, n_latent)
        self.decoder = nn.Sequential(
            nn.Linear(n_latent, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n_pixels)
        )

    def encode(self, x):
        h = self.encoder(x)
        return self.mu(h), self.log_var(h)

    def reparameterize(self, mu, log_var):
        return mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)

    def forward(self, x):
        mu, log_var = self.encode(x)
        return self.decoder(self.reparameterize(mu, log_var)), mu, log_var


def elbo_loss(logits, x, mu, log_var, beta=1.0):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * (1 + log_var - mu**2 - log_var.exp()).sum() / len(x)
    return reconstruction + beta * kl, reconstruction, kl


# %%
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(1, 13):
    model.train()
    sums = torch.zeros(3)
    for (x,) in train_loader:
        logits, mu, log_var = model(x)
        terms = elbo_loss(logits, x, mu, log_var)
        optimizer.zero_grad()
        terms[0].backward()
        optimizer.step()
        sums += torch.stack(terms).detach()
    loss, reconstruction, kl = (sums / len(train_loader)).tolist()
    print(f"epoch {epoch:2d}  loss {loss:8.3f}  reconstruction {reconstruction:8.3f}  KL {kl:6.3f}")

# %%
model.eval()
with torch.no_grad():
    logits, mu, log_var = model(test_pictures)
    error = (torch.sigmoid(logits) - test_pictures).pow(2).mean() / test_pictures.var()
    print(f"share of variance left unexplained: {error:.3f}")
    samples = torch.sigmoid(model.decoder(torch.randn(16, 8)))
    print("mean brightness of samples", round(samples.mean().item(), 3), "of data", round(test_pictures.mean().item(), 3))
