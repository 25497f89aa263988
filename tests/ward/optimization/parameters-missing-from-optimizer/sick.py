"""Tell which of two marker tokens comes first in a sequence, with a small transformer encoder."""

import argparse
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB = 32
MARK_A, MARK_B, CLS = 1, 2, 0


def sample_batch(size, length, generator):
    tokens = torch.randint(3, VOCAB, (size, length), generator=generator)
    order = torch.rand(size, length - 1, generator=generator).argsort(dim=1)[:, :2] + 1
    rows = torch.arange(size)
    tokens[rows, order[:, 0]] = MARK_A
    tokens[rows, order[:, 1]] = MARK_B
    tokens[:, 0] = CLS
    return tokens, (order[:, 0] < order[:, 1]).long()


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        att = F.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(att.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.norm2(x))


class Encoder(nn.Module):
    def __init__(self, width=32, heads=4, depth=2, max_len=32):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, width)
        self.pos = nn.Embedding(max_len, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 2)

    def forward(self, tokens):
        where = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tok(tokens) + self.pos(where)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


def configure_optimizer(model, lr, weight_decay):
    decay = [p for p in model.parameters() if p.ndim > 2]
    no_decay = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=lr, betas=(0.9, 0.98))


@torch.no_grad()
def evaluate(model, tokens, labels):
    model.eval()
    logits = model(tokens)
    model.train()
    return F.cross_entropy(logits, labels).item(), (logits.argmax(-1) == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--length", type=int, default=12)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warmup", type=int, default=30)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1234)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    val_tokens, val_labels = sample_batch(512, args.length, generator)

    model = Encoder()
    optimizer = configure_optimizer(model, args.lr, args.weight_decay)

    def factor(step):
        if step < args.warmup:
            return (step + 1) / args.warmup
        progress = (step - args.warmup) / max(1, args.steps - args.warmup)
        return 0.1 + 0.45 * (1 + math.cos(math.pi * progress))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)

    for step in range(args.steps):
        tokens, labels = sample_batch(args.batch_size, args.length, generator)
        loss = F.cross_entropy(model(tokens), labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        if step % 50 == 0 or step == args.steps - 1:
            val_loss, val_acc = evaluate(model, val_tokens, val_labels)
            print(f"step {step:4d}  loss {loss.item():.4f}  val loss {val_loss:.4f}  val acc {val_acc:.3f}")


if __name__ == "__main__":
    main()
