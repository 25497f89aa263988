"""Character-level GRU on made-up place names."""
import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

ONSETS = ["br", "k", "l", "m", "st", "th", "v", "gr", "n", "w"]
NUCLEI = {"br": "ae", "k": "iou", "l": "aeo", "m": "oi", "st": "au", "th": "ei", "v": "ao", "gr": "ue", "n": "io", "w": "ae"}
CODAS = ["n", "r", "ld", "x", ""]
SUFFIX = {"a": "ton", "e": "by", "i": "wick", "o": "ham", "u": "ford"}
CHARS = "^$" + "abcdefghijklmnopqrstuvwxyz"
PAD = -100


def name(rng):
    word, last = "", "a"
    for _ in range(rng.choice([1, 2, 2])):
        on = rng.choice(ONSETS)
        last = rng.choice(NUCLEI[on])
        word += on + last + rng.choice(CODAS)
    return word + SUFFIX[last]


def encode(word):
    return torch.tensor([CHARS.index(c) for c in "^" + word + "$"])


def collate(words):
    seqs = [encode(w) for w in words]
    x = pad_sequence([s[:-1] for s in seqs], batch_first=True, padding_value=1)
    y = pad_sequence([s[1:] for s in seqs], batch_first=True, padding_value=PAD)
    return x, y


class CharGRU(nn.Module):
    def __init__(self, n_chars, emb=24, hidden=64):
        super().__init__()
        self.emb = nn.Embedding(n_chars, emb)
        self.rnn = nn.GRU(emb, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, n_chars)
        self.init_weights()

    def init_weights(self):
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)
            else:
                nn.init.zeros_(p)

    def forward(self, x, h=None):
        out, h = self.rnn(self.emb(x), h)
        return self.fc(out), h


@torch.no_grad()
def sample(model, rng_seed=0):
    model.eval()
    g = torch.Generator().manual_seed(rng_seed)
    idx, h, out = torch.tensor([[0]]), None, ""
    for _ in range(20):
        logits, h = model(idx, h)
        idx = torch.multinomial(logits[:, -1].softmax(-1), 1, generator=g)
        ch = CHARS[idx.item()]
        if ch == "$":
            break
        out += ch
    return out


def epoch_loss(model, loader, criterion, optimizer=None):
    model.train(optimizer is not None)
    total, n = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            logits, _ = model(x)
            loss = criterion(logits.transpose(1, 2), y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            total += loss.item() * len(x)
            n += len(x)
    return total / n


def main():
    torch.manual_seed(12)
    rng = random.Random(12)
    words = [name(rng) for _ in range(2600)]
    train = DataLoader(words[:2300], batch_size=64, shuffle=True, collate_fn=collate)
    dev = DataLoader(words[2300:], batch_size=200, collate_fn=collate)
    model = CharGRU(len(CHARS))
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    for epoch in range(1, 7):
        tr = epoch_loss(model, train, criterion, optimizer)
        va = epoch_loss(model, dev, criterion)
        print(f"epoch {epoch}  train {tr:.3f}  dev {va:.3f}  e.g. {sample(model, epoch)!r}")


if __name__ == "__main__":
    main()
