"""Do the brackets of a string match? A small transformer written from scratch, with a Trainer of its own."""

import math

import torch
from torch import nn
from torch.nn import functional as F

TOKENS, LENGTH = 5, 16


def strings(n, gen):
    """Rows of ( ) [ ] and padding; the label says whether the depth of round brackets ever exceeds 2."""
    text = torch.randint(1, TOKENS, (n, LENGTH), generator=gen)
    depth = ((text == 1).long() - (text == 2).long()).cumsum(1)
    return text, (depth.amax(1) > 2).float()


class SelfAttention(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        b, t, w = x.shape
        q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in self.qkv(x).chunk(3, dim=-1))
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout)
        return self.out(mixed.transpose(1, 2).reshape(b, t, w))


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width), nn.Dropout(dropout))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Reader(nn.Module):
    def __init__(self, width=32, heads=4, depth=2, dropout=0.2):
        super().__init__()
        self.token = nn.Embedding(TOKENS, width)
        self.place = nn.Parameter(torch.randn(LENGTH, width) / math.sqrt(width))
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(depth)))
        self.head = nn.Linear(width, 1)

    def forward(self, text):
        return self.head(self.blocks(self.token(text) + self.place).mean(1)).squeeze(1)


class Trainer:
    def __init__(self, model, train, valid, batch=64):
        self.model, self.train, self.valid, self.batch = model, train, valid, batch
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    def epoch(self):
        self.model.train()
        text, label = self.train
        for rows in torch.randperm(len(text)).split(self.batch):
            loss = F.binary_cross_entropy_with_logits(self.model(text[rows]), label[rows])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()

    def validate(self):
        self.model.eval()
        text, label = self.valid
        with torch.inference_mode():
            out = self.model(text)
            loss = F.binary_cross_entropy_with_logits(out, label)
        return loss.item(), ((out > 0) == (label > 0.5)).float().mean().item()

    def fit(self, epochs):
        for n in range(epochs):
            self.epoch()
            loss, accuracy = self.validate()
            print(f"[{n}] valid loss {loss:.4f}, accuracy {accuracy:.1%}")


if __name__ == "__main__":
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(7)
    Trainer(Reader(), strings(1600, gen), strings(400, gen)).fit(6)
