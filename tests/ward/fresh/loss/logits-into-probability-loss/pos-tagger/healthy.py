"""Part-of-speech tagger on a toy grammar (2-layer conv over words, one tag per word)."""
import argparse
import random
from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader

TAGS = ["<pad>", "DET", "ADJ", "NOUN", "VERB", "ADV", "PREP"]
STEMS = ["brak", "lum", "tosh", "fen", "gorl", "miv", "sarp", "tun", "wex", "yol", "drin", "quab"]
DET, PREP = ["the", "a", "every"], ["on", "under", "near"]


def noun_phrase(rng):
    out = [(rng.choice(DET), "DET")]
    if rng.random() < 0.5:
        out.append((rng.choice(STEMS), "ADJ"))
    out.append((rng.choice(STEMS), "NOUN"))
    return out


def sentence(rng):
    out = noun_phrase(rng)
    if rng.random() < 0.3:
        out.append((rng.choice(STEMS) + "ly", "ADV"))
    out.append((rng.choice(STEMS) + rng.choice(["s", "ed"]), "VERB"))
    if rng.random() < 0.7:
        out += noun_phrase(rng)
    if rng.random() < 0.6:
        out += [(rng.choice(PREP), "PREP")] + noun_phrase(rng)
    return out


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags, dim=40):
        super().__init__()
        self.words = nn.Embedding(n_words, dim, padding_idx=0)
        self.conv1 = nn.Conv1d(dim, 64, 3, padding=1)
        self.conv2 = nn.Conv1d(64, 64, 3, padding=1)
        self.dropout = nn.Dropout(0.1)
        self.to_tag = nn.Linear(64, n_tags)

    def forward(self, x):
        h = self.words(x).transpose(1, 2)
        h = F.relu(self.conv1(h))
        h = self.dropout(F.relu(self.conv2(h)))
        return F.log_softmax(self.to_tag(h.transpose(1, 2)), dim=-1)


def make_collate(word_id):
    def collate(batch):
        width = max(map(len, batch))
        x = torch.zeros(len(batch), width, dtype=torch.long)
        y = torch.zeros(len(batch), width, dtype=torch.long)
        for i, s in enumerate(batch):
            x[i, :len(s)] = torch.tensor([word_id.get(w, 1) for w, _ in s])
            y[i, :len(s)] = torch.tensor([TAGS.index(t) for _, t in s])
        return x, y
    return collate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=2300)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=17)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    corpus = [sentence(rng) for _ in range(args.sentences)]
    train, dev = corpus[:-300], corpus[-300:]
    counts = Counter(w for s in train for w, _ in s)
    word_id = {w: i + 2 for i, w in enumerate(sorted(counts))}
    collate = make_collate(word_id)
    train_loader = DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate)
    dev_loader = DataLoader(dev, batch_size=100, collate_fn=collate)
    model = Tagger(len(word_id) + 2, len(TAGS))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    loss_function = nn.NLLLoss(ignore_index=0)

    for epoch in range(args.epochs):
        model.train()
        losses = []
        for x, y in train_loader:
            model.zero_grad()
            scores = model(x)
            loss = loss_function(scores.reshape(-1, len(TAGS)), y.reshape(-1))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        right = total = 0
        with torch.no_grad():
            for x, y in dev_loader:
                keep = y != 0
                right += (model(x).argmax(-1)[keep] == y[keep]).sum().item()
                total += keep.sum().item()
        print(f"epoch {epoch + 1}: loss {sum(losses) / len(losses):.4f}, dev tag accuracy {right / total:.4f}")


if __name__ == "__main__":
    main()
