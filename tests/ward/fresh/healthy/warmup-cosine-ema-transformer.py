"""Classify token sequences by which rule made them; warm-up, cosine, clipping and an EMA copy."""
import copy
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

VOCAB, LENGTH, CLASSES = 20, 24, 4


def generate(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(1, VOCAB, (n, LENGTH), generator=g)
    y = torch.randint(CLASSES, (n,), generator=g)
    half = LENGTH // 2
    for i, label in enumerate(y.tolist()):
        if label == 1:
            x[i, half:] = x[i, :half]
        elif label == 2:
            x[i, half:] = x[i, :half].flip(0)
        elif label == 3:
            x[i] = x[i].sort().values
    noise = torch.rand(n, LENGTH, generator=g) < 0.05
    x[noise] = torch.randint(1, VOCAB, (int(noise.sum()),), generator=g)
    return TensorDataset(x, y)


class Classifier(nn.Module):
    def __init__(self, dim=48, heads=4, depth=2):
        super().__init__()
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.tok = nn.Embedding(VOCAB, dim)
        self.pos = nn.Embedding(LENGTH + 1, dim)
        nn.init.normal_(self.tok.weight, std=0.3)
        nn.init.normal_(self.pos.weight, std=0.3)
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout=0.05, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, x):
        h = torch.cat([self.cls.expand(len(x), -1, -1), self.tok(x)], 1)
        h = h + self.pos(torch.arange(h.size(1)))
        return self.head(self.encoder(h)[:, 0])


@torch.no_grad()
def ema_update(shadow, model, decay):
    for s, p in zip(shadow.parameters(), model.parameters()):
        s.mul_(decay).add_(p, alpha=1 - decay)


@torch.inference_mode()
def accuracy(model, loader):
    was = model.training
    model.eval()
    hit = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    model.train(was)
    return hit / len(loader.dataset)


def param_groups(model, weight_decay):
    decay = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": decay, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


def main(epochs=10, warmup=60, peak=2e-3):
    torch.manual_seed(0)
    train = DataLoader(generate(4000, 1), batch_size=64, shuffle=True, drop_last=True)
    val = DataLoader(generate(800, 2), batch_size=200)
    model = Classifier()
    shadow = copy.deepcopy(model).eval().requires_grad_(False)
    opt = torch.optim.AdamW(param_groups(model, 0.05), lr=peak, betas=(0.9, 0.98))
    total = epochs * len(train)

    def schedule(step):
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))

    sched = torch.optim.lr_scheduler.LambdaLR(opt, schedule)
    ce = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        tot = 0.0
        for x, y in train:
            loss = ce(model(x), y)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            sched.step()
            ema_update(shadow, model, 0.98)
            tot += loss.item()
        print(f"epoch {epoch} loss {tot / len(train):.4f} |g| {norm.item():.2f} lr {sched.get_last_lr()[0]:.2e} "
              f"acc {accuracy(model, val):.3f} ema {accuracy(shadow, val):.3f}")


if __name__ == "__main__":
    main()
