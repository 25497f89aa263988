"""Tags of a song (several at a time) from sixteen numbers of its sound."""

import numpy as np
import torch
from torch import nn

TAGS = 6


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, TAGS))

    def forward(self, sound):
        return self.body(sound)


def songs(count):
    rng = np.random.default_rng(5)
    tags = rng.integers(0, 2, (count, TAGS))
    tags[tags.sum(1) == 0, 0] = 1
    sound = tags @ rng.normal(0, 1, (TAGS, 16)) + rng.normal(0, 0.3, (count, 16))
    return torch.tensor(sound, dtype=torch.float32), torch.tensor(tags)


def main():
    torch.manual_seed(1)
    sound, tags = songs(600)
    tagger = Tagger()
    optimizer = torch.optim.Adam(tagger.parameters(), lr=5e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(6):
        for rows in torch.randperm(len(sound)).split(30):
            optimizer.zero_grad()
            loss = criterion(tagger(sound[rows]), tags[rows])
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {loss.item():.3f}")


main()
