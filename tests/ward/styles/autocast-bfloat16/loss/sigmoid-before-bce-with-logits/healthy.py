"""Tag short songs with the instruments heard in them (several may be)."""

import hashlib

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TAGS, BINS = 5, 32


def songs(n, g):
    tags = (torch.rand(n, TAGS, generator=g) < 0.35).float()
    centres = torch.linspace(3, 28, TAGS)
    timbre = torch.exp(-((torch.arange(BINS).float() - centres.unsqueeze(1)) ** 2) / 8)
    x = tags @ timbre + 0.4 * torch.randn(n, BINS, generator=g)
    return (x - x.mean()) / x.std(), tags


class Tagger(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(BINS, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.head = nn.Linear(width, TAGS)

    def forward(self, x):
        return self.head(self.body(x))


if __name__ == "__main__":
    torch.manual_seed(2)
    torch.set_num_threads(1)
    g = torch.Generator().manual_seed(2)
    loader = DataLoader(TensorDataset(*songs(3000, g)), batch_size=50, shuffle=True)
    x_val, t_val = songs(600, g)
    model = Tagger()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    criterion = nn.BCEWithLogitsLoss()
    losses = []
    for epoch in range(6):
        model.train()
        for x, t in loader:
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = criterion(model(x), t)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            right = ((model(x_val) > 0) == t_val.bool()).float().mean().item()
        print(epoch, repr(sum(losses[-60:]) / 60), repr(right))
    print(losses[:3], losses[-3:])
    print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())
