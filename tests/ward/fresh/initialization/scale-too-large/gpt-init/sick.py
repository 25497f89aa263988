"""Minimal GPT learning to add two-digit numbers written backwards."""
import math

import torch
import torch.nn as nn
from torch.nn import functional as F


class GPTConfig:
    n_layer = 2
    n_head = 4
    n_embd = 64
    block_size = 12
    vocab_size = 13


class SelfAttention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.n_head = cfg.n_head
        self.c_attn = nn.Linear(cfg.n_embd, 3 * cfg.n_embd)
        self.c_proj = nn.Linear(cfg.n_embd, cfg.n_embd)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in self.c_attn(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class Block(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(cfg.n_embd), nn.LayerNorm(cfg.n_embd)
        self.attn = SelfAttention(cfg)
        self.mlp = nn.Sequential(nn.Linear(cfg.n_embd, 4 * cfg.n_embd), nn.GELU(), nn.Linear(4 * cfg.n_embd, cfg.n_embd))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.wte = nn.Embedding(cfg.vocab_size, cfg.n_embd)
        self.wpe = nn.Embedding(cfg.block_size, cfg.n_embd)
        self.h = nn.Sequential(*[Block(cfg) for _ in range(cfg.n_layer)])
        self.ln_f = nn.LayerNorm(cfg.n_embd)
        self.lm_head = nn.Linear(cfg.n_embd, cfg.vocab_size, bias=False)
        self.apply(self._init_weights)

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, mean=0.0, std=1.0)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx, targets=None):
        pos = torch.arange(idx.size(1))
        logits = self.lm_head(self.ln_f(self.h(self.wte(idx) + self.wpe(pos))))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits, loss


def problems(a, b):
    """'12+34=' then the sum's digits, lowest first; 10 is '+', 11 is '=', 12 ends."""
    s = a + b
    seq = torch.stack([a // 10, a % 10, torch.full_like(a, 10), b // 10, b % 10, torch.full_like(a, 11),
                       s % 10, s // 10 % 10, s // 100, torch.full_like(a, 12)], dim=1)
    x, y = seq[:, :-1], seq[:, 1:].clone()
    y[:, :5] = -1
    return x, y


torch.manual_seed(1337)
perm = torch.randperm(10_000)
a, b = perm // 100, perm % 100
x_all, y_all = problems(a, b)
x_train, y_train, x_val, y_val = x_all[:9500], y_all[:9500], x_all[9500:], y_all[9500:]

model = GPT(GPTConfig())
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01)
max_iters, warmup = 300, 30
scheduler = torch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda i: min(1.0, (i + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * i / max_iters)) + 0.01)

for it in range(max_iters):
    pick = torch.randint(len(x_train), (48,))
    _, loss = model(x_train[pick], y_train[pick])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if it % 100 == 0 or it == max_iters - 1:
        model.eval()
        with torch.no_grad():
            logits, vloss = model(x_val, y_val)
            mask = y_val >= 0
            exact = ((logits.argmax(-1) == y_val) | ~mask).all(1).float().mean()
        model.train()
        print(f"iter {it}: train loss {loss.item():.4f}, val loss {vloss.item():.4f}, exact {exact.item():.3f}")
