"""Low-rank adaptation of a frozen character transformer to another dialect."""
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SYLLABLES = ["ka", "to", "mi", "re", "su", "na"]
CHARS = sorted(set("".join(SYLLABLES)) | {" "})
STOI = {c: i for i, c in enumerate(CHARS)}
T = 30


def speak(rng, step, n):
    """Words of three syllables; the dialect decides how far each syllable is from the one before."""
    text = []
    for _ in range(n):
        k = rng.randrange(len(SYLLABLES))
        for _ in range(3):
            text.append(SYLLABLES[k])
            k = (k + step) % len(SYLLABLES)
        text.append(" ")
    return torch.tensor([STOI[c] for c in "".join(text)])


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.transpose(1, 2).reshape(b, t, d))


class Layer(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.att = Attention(d, heads)
        self.up, self.down = nn.Linear(d, 3 * d), nn.Linear(3 * d, d)

    def forward(self, x):
        x = x + self.att(self.n1(x))
        return x + self.down(F.gelu(self.up(self.n2(x))))


class CharModel(nn.Module):
    def __init__(self, d=32, heads=4, layers=2):
        super().__init__()
        self.tok, self.pos = nn.Embedding(len(CHARS), d), nn.Embedding(T, d)
        self.layers = nn.ModuleList([Layer(d, heads) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, len(CHARS))

    def forward(self, x):
        h = self.tok(x) + self.pos.weight[:x.shape[1]]
        for layer in self.layers:
            h = layer(h)
        return self.head(self.norm(h))


class LoRALinear(nn.Module):
    def __init__(self, base, rank=8, alpha=16):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features ** 0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.a.t() @ self.b.t())


def inject(model, rank):
    model.requires_grad_(False)
    for layer in model.layers:
        for owner, name in ((layer.att, "q"), (layer.att, "v"), (layer, "up"), (layer, "down")):
            setattr(owner, name, LoRALinear(getattr(owner, name), rank))
    return [p for p in model.parameters() if p.requires_grad]


def sample(data, n):
    start = torch.randint(len(data) - T - 1, (n,))
    win = data[start[:, None] + torch.arange(T + 1)]
    return win[:, :-1], win[:, 1:]


def loss_of(model, batch):
    return F.cross_entropy(model(batch[0]).flatten(0, 1), batch[1].flatten())


def fit(model, params, data, held_out, steps, lr, tag):
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=0.0)
    for i in range(1, steps + 1):
        model.train()
        loss = loss_of(model, sample(data, 24))
        opt.zero_grad()
        loss.backward()
        opt.step()
        if i % 50 == 0:
            model.eval()
            with torch.no_grad():
                print(f"{tag} {i:4d}  loss {loss.item():.4f}  held out {loss_of(model, sample(held_out, 100)).item():.4f}")


def main():
    rng = random.Random(0)
    torch.manual_seed(0)
    model = CharModel()
    fit(model, model.parameters(), speak(rng, 1, 3000), speak(rng, 1, 400), 200, 3e-3, "base")
    trainable = inject(model, rank=8)
    n, m = sum(p.numel() for p in trainable), sum(p.numel() for p in model.parameters())
    print(f"adapting {n} of {m} weights ({100 * n / m:.1f}%)")
    fit(model, trainable, speak(rng, 2, 3000), speak(rng, 2, 400), 250, 5e-3, "lora")


if __name__ == "__main__":
    main()
