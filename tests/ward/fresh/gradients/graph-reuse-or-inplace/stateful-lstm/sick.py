"""Learn a long melody, carrying the LSTM state from chunk to chunk."""
import argparse

import torch
from torch import nn

NOTES = "cdefgabCDEFG-"


def compose(bars, seed):
    g = torch.Generator().manual_seed(seed)
    motifs = ["ceg-ceg-", "dfa-dfa-", "gbDgbD--", "Cgec-ceg", "aceaCa--", "fedcbag-"]
    out, which = [], 0
    for bar in range(bars):
        # motifs follow each other in a fixed order, now and then one is repeated
        if torch.rand(1, generator=g) < 0.8:
            which = (which + 1) % len(motifs)
        out.append(motifs[which])
    return torch.tensor([NOTES.index(n) for n in "".join(out)])


def to_columns(notes, n):
    steps = len(notes) // n
    return notes[:steps * n].view(n, steps).t().contiguous()


class Composer(nn.Module):
    def __init__(self, n_notes, emb, hidden, layers):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.drop = nn.Dropout(0.1)
        self.encoder = nn.Embedding(n_notes, emb)
        self.rnn = nn.LSTM(emb, hidden, layers)
        self.decoder = nn.Linear(hidden, n_notes)

    def forward(self, x, state):
        out, state = self.rnn(self.encoder(x), state)
        return self.decoder(self.drop(out)).flatten(0, 1), state

    def start(self, batch):
        return tuple(torch.zeros(self.layers, batch, self.hidden) for _ in range(2))


def chunks(columns, bptt):
    for i in range(0, len(columns) - 1, bptt):
        n = min(bptt, len(columns) - 1 - i)
        yield columns[i:i + n], columns[i + 1:i + 1 + n].flatten()


def evaluate(model, columns, bptt, criterion):
    model.eval()
    total = steps = 0
    state = model.start(columns.shape[1])
    with torch.no_grad():
        for x, y in chunks(columns, bptt):
            out, state = model(x, state)
            total += criterion(out, y).item() * len(x)
            steps += len(x)
    return total / steps


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bptt", type=int, default=24)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--epochs", type=int, default=8)
    ap.add_argument("--clip", type=float, default=0.5)
    ap.add_argument("--lr", type=float, default=4e-3)
    args = ap.parse_args()
    torch.manual_seed(2)
    train = to_columns(compose(5000, 1), args.batch)
    valid = to_columns(compose(600, 2), args.batch)
    model = Composer(len(NOTES), 24, 64, 2)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        model.train()
        state = model.start(args.batch)
        total = steps = 0
        for x, y in chunks(train, args.bptt):
            optimizer.zero_grad()
            out, state = model(x, state)
            loss = criterion(out, y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), args.clip)
            optimizer.step()
            total += loss.item() * len(x)
            steps += len(x)
        val = evaluate(model, valid, args.bptt, criterion)
        print(f"| epoch {epoch:2d} | train loss {total / steps:.3f} | valid loss {val:.3f} | ppl {2.71828 ** val:.2f}")


if __name__ == "__main__":
    main()
