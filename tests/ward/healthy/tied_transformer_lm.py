"""Decoder-only transformer language model, output layer tied to the token embedding."""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class GPTConfig:
    vocab_size: int = 40
    block_size: int = 24
    n_layer: int = 2
    n_head: int = 4
    n_embd: int = 48
    dropout: float = 0.05


class CausalSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.resid_dropout = nn.Dropout(config.dropout)

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.resid_dropout(self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C)))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = nn.Sequential(
            nn.Linear(config.n_embd, 3 * config.n_embd),
            nn.GELU(),
            nn.Linear(3 * config.n_embd, config.n_embd),
            nn.Dropout(config.dropout),
        )

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.h = nn.ModuleList([Block(config) for _ in range(config.n_layer)])
        self.ln_f = nn.LayerNorm(config.n_embd)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.wte.weight = self.lm_head.weight
        self.apply(self._init_weights)
        for name, p in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * config.n_layer))

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)

    def forward(self, idx, targets=None):
        pos = torch.arange(idx.size(1), device=idx.device)
        x = self.wte(idx) + self.wpe(pos)
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))
        return logits, loss


def corpus(n, vocab, generator):
    """A random grammar: each token allows four successors with uneven probabilities."""
    successors = torch.stack([torch.randperm(vocab, generator=generator)[:4] for _ in range(vocab)])
    choice = torch.multinomial(torch.tensor([0.6, 0.25, 0.1, 0.05]), n, replacement=True, generator=generator)
    tokens = [0]
    for c in choice.tolist():
        tokens.append(successors[tokens[-1], c].item())
    return torch.tensor(tokens)


def get_batch(data, config, size):
    starts = torch.randint(len(data) - config.block_size - 1, (size,))
    x = torch.stack([data[s : s + config.block_size] for s in starts])
    y = torch.stack([data[s + 1 : s + 1 + config.block_size] for s in starts])
    return x, y


@torch.no_grad()
def estimate_loss(model, data, config):
    model.eval()
    losses = [model(*get_batch(data, config, 64))[1].item() for _ in range(4)]
    model.train()
    return sum(losses) / len(losses)


if __name__ == "__main__":
    torch.manual_seed(1337)
    config = GPTConfig()
    data = corpus(24000, config.vocab_size, torch.Generator().manual_seed(1))
    train_data, val_data = data[:21000], data[21000:]
    model = GPT(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1)
    max_iters, warmup = 320, 20
    for it in range(max_iters):
        scale = (it + 1) / warmup if it < warmup else 0.5 * (1 + math.cos(math.pi * it / max_iters))
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * scale
        _, loss = model(*get_batch(train_data, config, 32))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if it % 40 == 0 or it == max_iters - 1:
            print(f"iter {it}: loss {loss.item():.4f}, val {estimate_loss(model, val_data, config):.4f}")
    print("entropy of the grammar is about 1.03 nats per token")
