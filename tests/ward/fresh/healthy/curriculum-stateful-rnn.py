"""Next-character model on counting verses; text is fed as one stream with a carried state.

Short verses come first, longer ones join later. Input and output embeddings are tied.
"""
import itertools
import random

import torch
import torch.nn as nn

WORDS = "one two three four five six seven eight nine ten".split()
ANIMALS = {"o": "owls", "t": "toads", "f": "foxes", "s": "seals", "e": "eels", "n": "newts"}
ALPHABET = sorted(set(" ,.\n" + "".join(WORDS) + "".join(ANIMALS.values()) + "and"))
INDEX = {c: i for i, c in enumerate(ALPHABET)}


def verse(rng, longest):
    start = rng.randrange(10)
    n = rng.randrange(1, longest + 1)
    parts = []
    for w in itertools.islice(itertools.cycle(WORDS), start, start + n):
        parts.append(f"{w} {ANIMALS[w[0]]}")
    return ", ".join(parts) + ".\n"


def stream(n_chars, longest, seed):
    rng = random.Random(seed)
    text = ""
    while len(text) < n_chars:
        text += verse(rng, longest)
    return torch.tensor([INDEX[c] for c in text[:n_chars]])


class TiedLSTM(nn.Module):
    def __init__(self, dim=64, layers=1):
        super().__init__()
        self.emb = nn.Embedding(len(ALPHABET), dim)
        nn.init.normal_(self.emb.weight, std=dim**-0.5)
        self.rnn = nn.LSTM(dim, dim, layers, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(dim, len(ALPHABET))
        self.out.weight = self.emb.weight

    def forward(self, x, state=None):
        h, state = self.rnn(self.drop(self.emb(x)), state)
        return self.out(self.drop(h)), state


def segments(data, rows, width):
    usable = (len(data) - 1) // (rows * width) * rows * width
    x = data[:usable].view(rows, -1)
    y = data[1:usable + 1].view(rows, -1)
    yield from zip(x.split(width, 1), y.split(width, 1))


def run(model, data, opt=None, rows=20, width=40):
    model.train(opt is not None)
    ce = nn.CrossEntropyLoss()
    state, total, n = None, 0.0, 0
    for x, y in segments(data, rows, width):
        if state is not None:
            state = tuple(s.detach() for s in state)
        logits, state = model(x, state)
        loss = ce(logits.transpose(1, 2), y)
        if opt is not None:
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            opt.step()
        total, n = total + loss.item(), n + 1
    return total / n


if __name__ == "__main__":
    torch.manual_seed(2)
    model = TiedLSTM()
    opt = torch.optim.Adam(model.parameters(), lr=6e-3)
    held_out = stream(6_000, 8, seed=1000)
    for epoch in range(12):
        longest = min(8, 2 + epoch)
        train_loss = run(model, stream(24_000, longest, seed=epoch), opt)
        with torch.no_grad():
            val = run(model, held_out)
        for group in opt.param_groups:
            group["lr"] *= 0.85
        print(f"stage {longest} epoch {epoch:2d} train {train_loss:.3f} held-out {val:.3f} nats/char")
