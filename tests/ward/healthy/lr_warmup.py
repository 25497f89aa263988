"""Transformer encoder that finds the most frequent token group, trained with the inverse square root schedule."""

import argparse

import torch
import torch.nn as nn

GROUPS, PER_GROUP, LENGTH = 6, 5, 18


def batch(size, generator):
    counts = torch.randint(GROUPS, (size,), generator=generator)
    groups = torch.randint(GROUPS, (size, LENGTH), generator=generator)
    favoured = torch.rand(size, LENGTH, generator=generator) < 0.35
    groups = torch.where(favoured, counts.unsqueeze(1), groups)
    tokens = groups * PER_GROUP + torch.randint(PER_GROUP, groups.shape, generator=generator)
    totals = nn.functional.one_hot(groups, GROUPS).sum(1).float()
    totals += 0.1 * nn.functional.one_hot(counts, GROUPS)
    return tokens, totals.argmax(1)


class Model(nn.Module):
    def __init__(self, d_model=32, nhead=4, layers=2):
        super().__init__()
        self.embed = nn.Embedding(GROUPS * PER_GROUP, d_model)
        self.position = nn.Parameter(0.02 * torch.randn(LENGTH, d_model))
        layer = nn.TransformerEncoderLayer(
            d_model, nhead, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(d_model), enable_nested_tensor=False)
        self.classify = nn.Linear(d_model, GROUPS)

    def forward(self, tokens):
        h = self.encoder(self.embed(tokens) + self.position)
        return self.classify(h.mean(dim=1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--warmup-steps", type=int, default=100)
    parser.add_argument("--peak-lr", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()

    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.peak_lr, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: step / args.warmup_steps if step < args.warmup_steps else (args.warmup_steps / step) ** 0.5,
    )
    loss_fn = nn.CrossEntropyLoss()
    val_tokens, val_labels = batch(512, generator)

    for step in range(args.steps):
        model.train()
        tokens, labels = batch(args.batch_size, generator)
        loss = loss_fn(model(tokens), labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        lr = scheduler.get_last_lr()[0]
        scheduler.step()
        if step % 50 == 0 or step == args.steps - 1:
            model.eval()
            with torch.no_grad():
                acc = (model(val_tokens).argmax(1) == val_labels).float().mean().item()
            print(f"step {step:3d} lr {lr:.2e} loss {loss.item():.4f} val acc {acc:.3f}")


if __name__ == "__main__":
    main()
