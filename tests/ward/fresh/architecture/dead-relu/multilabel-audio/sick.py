"""Which instruments play? Multi-label tagging of synthetic spectra."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

N_TAGS = 5
N_BINS = 80


class SpectrumSet(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        tags = (rng.random((n, N_TAGS)) < 0.4).astype(np.float32)
        bins = np.arange(N_BINS)
        spec = 0.08 * rng.random((n, N_BINS))
        harmonics = [(1, 2, 3, 4), (1, 3, 5), (1, 2, 4, 8), (1, 1.5, 2.5), (1, 4, 7)]
        for t in range(N_TAGS):
            f0 = rng.uniform(5 + t, 9 + t, n)
            amp = rng.uniform(0.6, 1.2, n) * tags[:, t]
            for k, h in enumerate(harmonics[t]):
                spec += (amp / (k + 1))[:, None] * np.exp(-0.5 * ((bins - (f0 * h)[:, None]) / 1.2) ** 2)
        x = np.log1p(5 * spec)
        self.x = torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32)
        self.y = torch.tensor(tags)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(N_BINS, 128), nn.ReLU(),
            nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 64), nn.ReLU(),
            nn.Linear(64, N_TAGS),
        )
        for m in self.net[:-1]:
            if isinstance(m, nn.Linear):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                # start sparse
                nn.init.constant_(m.bias, -10.0)

    def forward(self, x):
        return self.net(x)


def f1_per_tag(logits, target):
    pred = (logits > 0).float()
    tp = (pred * target).sum(0)
    return (2 * tp / (pred.sum(0) + target.sum(0)).clamp(min=1)).tolist()


def main():
    torch.manual_seed(17)
    train_dl = DataLoader(SpectrumSet(6000, 1), batch_size=64, shuffle=True)
    test_dl = DataLoader(SpectrumSet(1000, 2), batch_size=250)
    model = Tagger()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.NAdam(model.parameters(), lr=1e-3)
    for epoch in range(1, 16):
        model.train()
        running = []
        for x, y in train_dl:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            running.append(loss.item())
        model.eval()
        outs, ys = [], []
        with torch.no_grad():
            for x, y in test_dl:
                outs.append(model(x))
                ys.append(y)
        out, target = torch.cat(outs), torch.cat(ys)
        f1 = f1_per_tag(out, target)
        print(f"epoch {epoch:2d}  bce {np.mean(running):.4f}  val {criterion(out, target).item():.4f}  "
              f"macro F1 {np.mean(f1):.3f}  [{' '.join(f'{v:.2f}' for v in f1)}]")


if __name__ == "__main__":
    main()
