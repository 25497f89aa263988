"""Sentiment of synthetic reviews; an effective batch of 64 is gathered from micro-batches of 16."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(21)

VOCAB, LENGTH = 120, 20
GOOD, BAD, NOT = range(10, 25), range(25, 40), 1


class Reviews(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.tokens = torch.randint(40, VOCAB, (n, LENGTH), generator=g)
        score = torch.zeros(n)
        for slot in (2, 6, 10, 14, 18):
            good = torch.rand(n, generator=g) < 0.5
            negated = torch.rand(n, generator=g) < 0.25
            word = torch.randint(15, (n,), generator=g)
            self.tokens[:, slot] = torch.where(good, GOOD.start + word, BAD.start + word)
            self.tokens[negated, slot - 1] = NOT
            score += torch.where(good ^ negated, 1.0, -1.0)
        self.labels = (score > 0).float()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.tokens[i], self.labels[i]


class Classifier(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.conv = nn.Conv1d(dim, 48, kernel_size=2)
        self.out = nn.Linear(48, 1)

    def forward(self, tokens):
        h = self.embed(tokens).transpose(1, 2)
        h = torch.relu(self.conv(h)).mean(dim=2)
        return self.out(h).squeeze(1)


model = Classifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.01)
criterion = nn.BCEWithLogitsLoss()
train_loader = DataLoader(Reviews(3840, seed=0), batch_size=16, shuffle=True, drop_last=True)
val_loader = DataLoader(Reviews(640, seed=1), batch_size=128)

accumulation_steps = 4
updates = 0
for epoch in range(6):
    model.train()
    optimizer.zero_grad()
    total = 0.0
    for i, (tokens, labels) in enumerate(train_loader):
        loss = criterion(model(tokens), labels)
        total += loss.item()
        (loss / accumulation_steps).backward()
        if (i + 1) % accumulation_steps == 0:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            updates += 1

    model.eval()
    with torch.no_grad():
        hits = sum(((model(t) > 0) == (y > 0.5)).sum().item() for t, y in val_loader)
    print(f"epoch {epoch} updates {updates} loss {total / len(train_loader):.4f} val acc {hits / 640:.3f}")
