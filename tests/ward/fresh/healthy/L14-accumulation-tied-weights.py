"""Bracket language model: tied embeddings, gradients summed over four micro-batches, warm-up."""
import logging
import math
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

logging.basicConfig(level=logging.INFO, format="%(message)s")
OPEN, CLOSE = "([{<", ")]}>"
VOCAB = OPEN + CLOSE + "."
MICRO, ACCUMULATE, UPDATES, WARMUP, CONTEXT = 8, 4, 150, 20, 32


def brackets(rng, length):
    out, stack = [], []
    while len(out) < length:
        if stack and (rng.random() < 0.5 or len(stack) > 5):
            out.append(CLOSE[stack.pop()])
        elif not stack and rng.random() < 0.4:
            out.append(".")
        else:
            k = rng.randrange(4)
            stack.append(k)
            out.append(OPEN[k])
    return torch.tensor([VOCAB.index(c) for c in out[:length]])


class TiedLM(nn.Module):
    def __init__(self, dim=32, heads=4, layers=2):
        super().__init__()
        self.embed = nn.Embedding(len(VOCAB), dim)
        self.place = nn.Embedding(CONTEXT, dim)
        block = nn.TransformerEncoderLayer(dim, heads, 3 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, layers, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.out = nn.Linear(dim, len(VOCAB), bias=False)
        nn.init.normal_(self.embed.weight, std=0.15)
        nn.init.normal_(self.place.weight, std=0.15)
        self.out.weight = self.embed.weight
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(CONTEXT))

    def forward(self, ids):
        n = ids.shape[1]
        h = self.embed(ids) + self.place.weight[:n]
        return self.out(self.blocks(h, mask=self.mask[:n, :n], is_causal=True))


def lm_loss(model, ids):
    return F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def close_accuracy(model, ids):
    """Of the brackets that close, how many are of the right kind?"""
    logits = model(ids[:, :-1])[..., 4:8]
    target = ids[:, 1:]
    closing = (target >= 4) & (target < 8)
    return (logits.argmax(-1)[closing] == target[closing] - 4).float().mean().item()


def lr_at(update):
    if update < WARMUP:
        return (update + 1) / WARMUP
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (update - WARMUP) / (UPDATES - WARMUP)))


def main():
    rng = random.Random(13)
    torch.manual_seed(13)
    model = TiedLM()
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_at)
    held_out = torch.stack([brackets(rng, CONTEXT) for _ in range(100)])
    running = 0.0
    for micro_step in range(UPDATES * ACCUMULATE):
        model.train()
        batch = torch.stack([brackets(rng, CONTEXT) for _ in range(MICRO)])
        loss = lm_loss(model, batch)
        (loss / ACCUMULATE).backward()
        running += loss.item()
        if (micro_step + 1) % ACCUMULATE:
            continue
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        opt.zero_grad()
        update = (micro_step + 1) // ACCUMULATE
        if update % 30 == 0:
            model.eval()
            with torch.no_grad():
                val, acc = lm_loss(model, held_out).item(), close_accuracy(model, held_out)
            logging.info("update %d  loss %.4f  held out %.4f  right bracket %.3f  lr %.2e", update,
                         running / (30 * ACCUMULATE), val, acc, sched.get_last_lr()[0])
            running = 0.0


if __name__ == "__main__":
    main()
