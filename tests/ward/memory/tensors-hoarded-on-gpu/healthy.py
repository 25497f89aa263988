"""Clean the frames of an ultrasound probe of speckle, and show how the network came to it."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SIZE = 32


class Cleaner(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, width, 3, stride=2, padding=1), nn.ReLU())
        self.middle = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1)

    def forward(self, frames):
        return frames + self.up(self.middle(self.down(frames)))


def frames(n):
    """Vessels as dark discs in grey tissue, under a speckle that grows with the brightness."""
    rows, cols = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    centre, radius = torch.randint(8, SIZE - 8, (n, 2, 1, 1)), torch.randint(3, 8, (n, 1, 1))
    inside = (rows - centre[:, 0]) ** 2 + (cols - centre[:, 1]) ** 2 < radius**2
    clean = torch.where(inside, 0.1, 0.7) + 0.1 * torch.randn(n, 1, 1)
    return (clean * (1 + 0.5 * torch.randn(n, SIZE, SIZE))).unsqueeze(1), clean.unsqueeze(1)


def main():
    torch.manual_seed(8)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader = DataLoader(TensorDataset(*frames(1280)), batch_size=64, shuffle=True)
    model = Cleaner().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    progress = []
    for epoch in range(5):
        total = 0.0
        for speckled, clean in loader:
            speckled, clean = speckled.to(device), clean.to(device)
            optimizer.zero_grad()
            restored = model(speckled)
            loss = nn.functional.mse_loss(restored, clean)
            loss.backward()
            optimizer.step()
            total += loss.item()
            progress.append(restored[0, 0].detach().clone().cpu())
        print(f"epoch {epoch}: loss {total / len(loader):.4f}")
    film = torch.stack(progress)
    print(f"film of {len(film)} frames, contrast {film[0].std():.3f} at first, {film[-1].std():.3f} at last")


if __name__ == "__main__":
    main()
