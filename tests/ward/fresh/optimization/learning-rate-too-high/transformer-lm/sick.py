"""Next-token model over a little bracket-and-number grammar."""
import argparse
import math
import random
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB = ["<s>", "(", ")", "[", "]", "+", "*"] + [str(d) for d in range(10)]
STOI = {s: i for i, s in enumerate(VOCAB)}


def expr(depth, rng):
    if depth == 0 or rng.random() < 0.3:
        a = rng.randrange(9)
        return [str(a), str(a + 1)]
    op = rng.choice("+*")
    left, right = ("(", ")") if op == "+" else ("[", "]")
    return [left] + expr(depth - 1, rng) + [op] + expr(depth - 1, rng) + [right]


def make_stream(n_tokens, seed):
    rng = random.Random(seed)
    toks = []
    while len(toks) < n_tokens:
        toks += ["<s>"] + expr(3, rng)
    return torch.tensor([STOI[t] for t in toks[:n_tokens]])


class CausalLM(nn.Module):
    def __init__(self, vocab, dim, heads, layers, ctx):
        super().__init__()
        self.tok = nn.Embedding(vocab, dim)
        self.pos = nn.Parameter(0.02 * torch.randn(1, ctx, dim))
        layer = nn.TransformerEncoderLayer(dim, heads, 4 * dim, dropout=0.0, activation="gelu",
                                           batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.ln = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, vocab)
        self.register_buffer("mask", torch.triu(torch.full((ctx, ctx), float("-inf")), diagonal=1))

    def forward(self, idx):
        t = idx.size(1)
        x = self.tok(idx) + self.pos[:, :t]
        x = self.blocks(x, mask=self.mask[:t, :t])
        return self.out(self.ln(x))


def get_batch(stream, bs, ctx):
    start = torch.randint(len(stream) - ctx - 1, (bs,))
    x = torch.stack([stream[s:s + ctx] for s in start])
    y = torch.stack([stream[s + 1:s + ctx + 1] for s in start])
    return x, y


@torch.no_grad()
def estimate(model, stream, args):
    model.eval()
    losses = [F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item()
              for x, y in (get_batch(stream, args.batch, args.ctx) for _ in range(8))]
    model.train()
    return sum(losses) / len(losses)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=220)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--ctx", type=int, default=32)
    ap.add_argument("--dim", type=int, default=32)
    ap.add_argument("--lr", type=float, default=0.1)
    args = ap.parse_args()
    torch.manual_seed(1337)

    train, val = make_stream(20_000, 1), make_stream(4_000, 2)
    model = CausalLM(len(VOCAB), args.dim, 4, 2, args.ctx)
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e3:.1f}k params, uniform loss {math.log(len(VOCAB)):.3f}")

    t0 = time.time()
    for step in range(args.steps):
        x, y = get_batch(train, args.batch, args.ctx)
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 50 == 0:
            print(f"step {step:4d}  train {loss.item():.4f}  val {estimate(model, val, args):.4f}  {time.time() - t0:.1f}s")
    print(f"final val loss {estimate(model, val, args):.4f}")


if __name__ == "__main__":
    main()
