"""A small language model of letters, trained on a made-up language of few words."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
words = ["".join("aeiou"[i % 5] + "bdgklmnrst"[(3 * i + j) % 10] for j in range(2 + i % 2)) for i in range(12)]
text = " ".join(words[i] for i in torch.randint(0, 12, (4000,)).tolist())
letters = sorted(set(text))
data = torch.tensor([letters.index(letter) for letter in text])
cut = int(0.9 * len(data))
BLOCK = 24


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        n, steps, width = x.shape
        q, k, v = self.qkv(self.before(x)).view(n, steps, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(n, steps, width))
        return x + self.mlp(self.after(x))


class Model(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.letter, self.place = nn.Embedding(len(letters), width), nn.Embedding(BLOCK, width)
        self.blocks = nn.Sequential(Block(width, 2), Block(width, 2))
        self.last = nn.Linear(width, len(letters))

    def forward(self, ids):
        return self.last(self.blocks(self.letter(ids) + self.place(torch.arange(ids.shape[1]))))


def batch(part):
    starts = torch.randint(0, len(part) - BLOCK - 1, (24,))
    return torch.stack([part[s : s + BLOCK] for s in starts]), torch.stack([part[s + 1 : s + BLOCK + 1] for s in starts])


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(300):
    x, y = batch(data[:cut])
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        model.eval()
        with torch.no_grad():
            x, y = batch(data[cut:])
            held_out = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        model.train()
        print(f"step {step + 1}: loss {loss.item():.3f}, held out {held_out.item():.3f}")
