"""Vector-quantised auto-encoder for little tunes drawn as piano rolls."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def piano_rolls(n, seed):
    g = torch.Generator().manual_seed(seed)
    chords = torch.tensor([[0, 4, 7], [5, 9, 12], [7, 11, 14], [9, 12, 16], [2, 5, 9], [4, 7, 11]])
    roll = torch.zeros(n, 20, 32)
    for i in range(n):
        shift = int(torch.randint(0, 3, (1,), generator=g))
        for bar, c in enumerate(torch.randint(6, (8,), generator=g).tolist()):
            for note in chords[c].tolist():
                roll[i, note + shift, bar * 4:bar * 4 + 4] = 1
    return TensorDataset(roll - 0.15)


class Quantiser(nn.Module):
    def __init__(self, n_codes, dim):
        super().__init__()
        self.codes = nn.Parameter(torch.randn(n_codes, dim))

    def forward(self, z):
        flat = z.transpose(1, 2).reshape(-1, z.shape[1])
        index = torch.cdist(flat.detach(), self.codes.detach()).argmin(1)
        picked = self.codes[index].view(z.shape[0], z.shape[2], -1).transpose(1, 2)
        codebook = F.mse_loss(picked, z.detach())
        commit = F.mse_loss(z, picked.detach())
        return z + (picked - z).detach(), codebook + 0.25 * commit, index

    @torch.no_grad()
    def revive(self, z, index):
        """Unused codes move to a random encoder output."""
        flat = z.transpose(1, 2).reshape(-1, z.shape[1])
        dead = torch.bincount(index, minlength=len(self.codes)) == 0
        self.codes[dead] = flat[torch.randint(len(flat), (int(dead.sum()),))]


class VQVAE(nn.Module):
    def __init__(self, dim=24, n_codes=32):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv1d(20, 64, 4, stride=4), nn.ReLU(), nn.Conv1d(64, dim, 1), nn.GroupNorm(1, dim))
        self.quant = Quantiser(n_codes, dim)
        self.dec = nn.Sequential(nn.Conv1d(dim, 64, 1), nn.ReLU(), nn.ConvTranspose1d(64, 20, 4, stride=4))

    def forward(self, x):
        z = self.enc(x)
        q, loss, index = self.quant(z)
        return self.dec(q), loss, z, index


def main():
    torch.manual_seed(61)
    train = DataLoader(piano_rolls(1500, 1), batch_size=50, shuffle=True)
    test = DataLoader(piano_rolls(300, 2), batch_size=100)
    model = VQVAE()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(24):
        model.train()
        rec_sum = vq_sum = 0.0
        for (x,) in train:
            out, vq, z, index = model(x)
            rec = F.mse_loss(out, x)
            opt.zero_grad()
            (10 * rec + vq).backward()
            opt.step()
            if epoch < 6:
                model.quant.revive(z, index)
            rec_sum, vq_sum = rec_sum + rec.item(), vq_sum + vq.item()
        model.eval()
        with torch.no_grad():
            results = [(F.mse_loss(model(x)[0], x).item(), model(x)[3]) for (x,) in test]
        used = torch.cat([i for _, i in results]).unique().numel()
        if epoch % 3 == 2:
            print(f"epoch {epoch + 1:2d}  rec {rec_sum / len(train):.4f}  vq {vq_sum / len(train):.4f}  "
                  f"test rec {sum(r for r, _ in results) / len(results):.4f}  codes used {used}/32")


if __name__ == "__main__":
    main()
