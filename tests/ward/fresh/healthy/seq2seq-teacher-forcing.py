"""Translate spelled dates to ISO-like form; attention decoder, teacher forcing falls over time."""
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
IN = ["<pad>"] + list("abcdefghijklmnopqrstuvwxyz0123456789 ,")
OUT = ["<pad>", "<go>"] + list("0123456789-")
IN_ID, OUT_ID = {c: i for i, c in enumerate(IN)}, {c: i for i, c in enumerate(OUT)}


def pair(rng):
    y, m, d = rng.randrange(70, 100), rng.randrange(12), rng.randrange(1, 29)
    src = rng.choice([f"{d} {MONTHS[m]} {y}", f"{MONTHS[m]} {d}, {y}", f"{d:02d} of {MONTHS[m]} {y}"])
    return src, f"{y}-{m + 1:02d}-{d:02d}"


def encode(pairs):
    width = max(len(s) for s, _ in pairs)
    src = torch.zeros(len(pairs), width, dtype=torch.long)
    for i, (s, _) in enumerate(pairs):
        src[i, :len(s)] = torch.tensor([IN_ID[c] for c in s])
    tgt = torch.tensor([[OUT_ID[c] for c in t] for _, t in pairs])
    return src, tgt


class Encoder(nn.Module):
    def __init__(self, dim, hid):
        super().__init__()
        self.emb = nn.Embedding(len(IN), dim, padding_idx=0)
        self.gru = nn.GRU(dim, hid, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * hid, hid)

    def forward(self, src):
        out, h = self.gru(self.emb(src))
        return out, torch.tanh(self.bridge(torch.cat([h[0], h[1]], 1)))


class Decoder(nn.Module):
    def __init__(self, dim, hid):
        super().__init__()
        self.emb = nn.Embedding(len(OUT), dim)
        self.cell = nn.GRUCell(dim + 2 * hid, hid)
        self.query = nn.Linear(hid, 2 * hid, bias=False)
        self.out = nn.Linear(3 * hid, len(OUT))

    def step(self, tok, h, memory, mask):
        att = torch.bmm(memory, self.query(h).unsqueeze(2)).squeeze(2).masked_fill(mask, -1e9).softmax(1)
        ctx = torch.bmm(att.unsqueeze(1), memory).squeeze(1)
        h = self.cell(torch.cat([self.emb(tok), ctx], 1), h)
        return self.out(torch.cat([h, ctx], 1)), h


def unroll(enc, dec, src, tgt, forcing):
    memory, h = enc(src)
    mask = src == 0
    tok = torch.full((len(src),), OUT_ID["<go>"])
    logits = []
    for t in range(tgt.size(1)):
        out, h = dec.step(tok, h, memory, mask)
        logits.append(out)
        tok = tgt[:, t] if random.random() < forcing else out.argmax(1)
    return torch.stack(logits, 1)


def main():
    random.seed(3)
    torch.manual_seed(3)
    data = [pair(random.Random(i)) for i in range(2000)]
    train, dev = data[:1800], data[1800:]
    enc, dec = Encoder(24, 32), Decoder(16, 32)
    params = list(enc.parameters()) + list(dec.parameters())
    opt = torch.optim.Adam(params, lr=4e-3)
    for epoch in range(7):
        enc.train(), dec.train()
        random.shuffle(train)
        forcing = max(0.5, 1 - 0.08 * epoch)
        losses = []
        for i in range(0, len(train), 50):
            src, tgt = encode(train[i:i + 50])
            logits = unroll(enc, dec, src, tgt, forcing)
            loss = F.cross_entropy(logits.flatten(0, 1), tgt.flatten())
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(params, 1.0)
            opt.step()
            losses.append(loss.item())
        enc.eval(), dec.eval()
        with torch.no_grad():
            src, tgt = encode(dev)
            guess = unroll(enc, dec, src, tgt, 0.0).argmax(-1)
            exact = (guess == tgt).all(1).float().mean().item()
        print(f"epoch {epoch} forcing {forcing:.2f} loss {sum(losses) / len(losses):.4f} exact match {exact:.3f}")


if __name__ == "__main__":
    main()
