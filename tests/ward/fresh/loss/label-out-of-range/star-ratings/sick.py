"""Predict the number of stars (1 to 5) from a short review."""
import csv
import io
import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

TONES = {
    1: "awful broken refund horrible useless worst never".split(),
    2: "weak flimsy late disappointing poor noisy".split(),
    3: "okay average fine fair usable plain".split(),
    4: "good solid nice quick happy handy".split(),
    5: "superb perfect love excellent best wonderful".split(),
}
FILL = "the it this box colour item shop came with my for and is was very parcel".split()


def fake_export(n, seed):
    """The shop's csv export: id,stars,text"""
    rng = random.Random(seed)
    buf = io.StringIO()
    writer = csv.writer(buf)
    writer.writerow(["id", "stars", "text"])
    for i in range(n):
        stars = rng.choices([1, 2, 3, 4, 5], weights=[2, 2, 3, 4, 4])[0]
        words = rng.choices(FILL, k=rng.randint(6, 14)) + rng.choices(TONES[stars], k=rng.randint(2, 4))
        if rng.random() < 0.3:
            words.append(rng.choice(TONES[min(5, max(1, stars + rng.choice([-1, 1])))]))
        rng.shuffle(words)
        writer.writerow([i, stars, " ".join(words)])
    buf.seek(0)
    return buf


class Reviews(Dataset):
    def __init__(self, fh, vocab=None):
        rows = list(csv.DictReader(fh))
        self.vocab = vocab or {w: i for i, w in enumerate(sorted({w for r in rows for w in r["text"].split()}))}
        self.samples = []
        for r in rows:
            ids = torch.tensor([self.vocab[w] for w in r["text"].split() if w in self.vocab])
            self.samples.append((ids, int(r["stars"])))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def collate_batch(batch):
    offsets = torch.tensor([0] + [len(ids) for ids, _ in batch[:-1]]).cumsum(0)
    return torch.cat([ids for ids, _ in batch]), offsets, torch.tensor([s for _, s in batch])


class StarModel(nn.Module):
    def __init__(self, vocab_size, embed_dim=32, num_class=5):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, mode="mean")
        self.hidden = nn.Linear(embed_dim, 32)
        self.fc = nn.Linear(32, num_class)

    def forward(self, text, offsets):
        return self.fc(torch.relu(self.hidden(self.embedding(text, offsets))))


def evaluate(model, loader, criterion):
    model.eval()
    acc = count = loss = 0
    with torch.no_grad():
        for text, offsets, label in loader:
            out = model(text, offsets)
            loss += criterion(out, label).item() * len(label)
            acc += (out.argmax(1) == label).sum().item()
            count += len(label)
    return loss / count, acc / count


def main():
    torch.manual_seed(6)
    train_set = Reviews(fake_export(6000, 1))
    valid_set = Reviews(fake_export(1000, 2), train_set.vocab)
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True, collate_fn=collate_batch)
    valid_loader = DataLoader(valid_set, batch_size=250, collate_fn=collate_batch)
    model = StarModel(len(train_set.vocab))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(1, 9):
        model.train()
        for idx, (text, offsets, label) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = criterion(model(text, offsets), label)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if idx % 60 == 0:
                print(f"| epoch {epoch} | {idx:4d}/{len(train_loader)} batches | loss {loss.item():.3f}")
        vl, va = evaluate(model, valid_loader, criterion)
        print(f"| end of epoch {epoch} | valid loss {vl:.3f} | valid accuracy {va:.3f}")


if __name__ == "__main__":
    main()
