"""Compress spectra of mixed gases to four numbers with an autoencoder."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def spectra(n, bands=32, gases=4, seed=0):
    """Each spectrum is a mixture of a few absorption profiles that saturate at high concentration."""
    g = torch.Generator().manual_seed(seed)
    grid = torch.linspace(0, 1, bands)
    centres = torch.tensor([[0.15, 0.6], [0.3, 0.8], [0.45, 0.95], [0.05, 0.7]])[:gases]
    profiles = torch.exp(-(((grid - centres.unsqueeze(-1)) / 0.07) ** 2)).sum(1)
    concentration = torch.rand(n, gases, generator=g) * 2
    absorbed = 1 - torch.exp(-concentration @ profiles)
    return absorbed + 0.02 * torch.randn(n, bands, generator=g)


class Autoencoder(nn.Module):
    def __init__(self, bands, hidden=48, code=4):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(bands, hidden), nn.ReLU(), nn.Linear(hidden, code))
        self.decoder = nn.Sequential(nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, bands))
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def main():
    torch.manual_seed(0)
    train, test = spectra(2560, seed=1), spectra(512, seed=2)
    mean, std = train.mean(0), train.std(0)
    train, test = (train - mean) / std, (test - mean) / std
    loader = DataLoader(TensorDataset(train), batch_size=64, shuffle=True)

    model = Autoencoder(train.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.MSELoss()

    with torch.no_grad():
        print(f"before training: test mse {loss_fn(model(test), test):.4f}")
    for epoch in range(1, 16):
        model.train()
        losses = []
        for (batch,) in loader:
            loss = loss_fn(model(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if epoch % 3 == 0 or epoch == 1:
            model.eval()
            with torch.no_grad():
                test_loss = loss_fn(model(test), test).item()
            print(f"epoch {epoch:2d}: train mse {sum(losses) / len(losses):.4f}, test mse {test_loss:.4f}")


if __name__ == "__main__":
    main()
