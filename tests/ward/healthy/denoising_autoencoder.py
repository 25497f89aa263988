"""Convolutional denoising autoencoder for 16x16 images with values between 0 and 1 (MSE)."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Blobs(Dataset):
    def __init__(self, n, seed, side=16):
        g = torch.Generator().manual_seed(seed)
        yy, xx = torch.meshgrid(torch.arange(side).float(), torch.arange(side).float(), indexing="ij")
        clean = torch.zeros(n, side, side)
        for _ in range(3):
            cy, cx = (torch.empty(n, 1, 1).uniform_(2, side - 2, generator=g) for _ in range(2))
            width = torch.empty(n, 1, 1).uniform_(1.0, 2.5, generator=g)
            clean = torch.maximum(clean, torch.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (2 * width**2)))
        self.clean = clean.unsqueeze(1)
        self.noisy = (self.clean + 0.3 * torch.randn(self.clean.shape, generator=g)).clamp(0, 1)

    def __len__(self):
        return len(self.clean)

    def __getitem__(self, i):
        return self.noisy[i], self.clean[i]


class DenoisingAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(24, 12, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(12, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def main():
    torch.manual_seed(31)
    train_loader = DataLoader(Blobs(1600, seed=0), batch_size=32, shuffle=True)
    test_set = Blobs(300, seed=1)
    model = DenoisingAutoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    criterion = nn.MSELoss()
    print(f"mse of the noisy images themselves: {criterion(test_set.noisy, test_set.clean).item():.4f}")

    for epoch in range(8):
        model.train()
        total = 0.0
        for noisy, clean in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(noisy), clean)
            if total == 0.0 and epoch == 0:
                print(f"first batch: {loss.item():.4f}")
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            test_loss = criterion(model(test_set.noisy), test_set.clean).item()
        print(f"epoch {epoch + 1}: train {total / len(train_loader):.4f}, test {test_loss:.4f}")


if __name__ == "__main__":
    main()
