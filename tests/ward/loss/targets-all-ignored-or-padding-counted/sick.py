"""Names the part of speech of hidden words in short sentences; only a few words of each are hidden."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

WORDS, TAGS, LENGTH = 60, 6, 12


class HiddenWords(Dataset):
    def __init__(self, n, hidden=0.05):
        g = torch.Generator().manual_seed(3)
        self.words = torch.randint(1, WORDS, (n, LENGTH), generator=g)
        tags = (self.words % TAGS + self.words.roll(1, 1) // 20) % TAGS
        chosen = torch.rand(n, LENGTH, generator=g) < hidden
        self.tags = tags.masked_fill(~chosen, -100)

    def __len__(self):
        return len(self.words)

    def __getitem__(self, i):
        return self.words[i], self.tags[i]


class Tagger(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.embed = nn.Embedding(WORDS, width)
        self.mix = nn.Conv1d(width, width, 3, padding=1)
        self.out = nn.Linear(width, TAGS)

    def forward(self, words):
        h = self.embed(words)
        h = h + torch.relu(self.mix(h.transpose(1, 2))).transpose(1, 2)
        return self.out(h)


def main():
    torch.manual_seed(0)
    loader = DataLoader(HiddenWords(1600), batch_size=4, shuffle=True)
    model = Tagger()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for epoch in range(2):
        total, steps = 0.0, 0
        for words, tags in loader:
            scores = model(words)
            loss = criterion(scores.view(-1, TAGS), tags.view(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, steps = total + loss.item(), steps + 1
        print(f"epoch {epoch}: loss {total / steps:.3f}")


if __name__ == "__main__":
    main()
