"""A small BERT-like encoder with a [CLS] token finds the intent of a spoken command.

Linear warm-up and decay; AdamW without weight decay on biases and norms.
"""

import argparse

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

PAD, CLS, SEP, NOT, FIRST = 0, 1, 2, 3, 4
VERBS, THINGS, FILLERS = 3, 4, 40


def commands(n, length=12):
    """The first verb counts, a later one may be mentioned; "not" in front of it turns the intent into its opposite."""
    verb = torch.randint(VERBS, (n,))
    negated = torch.randint(2, (n,))
    ids = FIRST + VERBS + THINGS + torch.randint(FILLERS, (n, length))
    row = torch.arange(n)
    place = torch.randint(1, length // 2, (n,))
    ids[row, place] = FIRST + verb
    ids[row, place - 1] = torch.where(negated == 1, NOT, ids[row, place - 1])
    ids[row, torch.randint(length // 2, length - 3, (n,))] = FIRST + torch.randint(VERBS + THINGS, (n,))
    ids[torch.arange(length) >= torch.randint(length - 3, length + 1, (n, 1))] = PAD
    edge = torch.ones(n, 1, dtype=torch.long)
    return torch.cat([edge * CLS, ids, edge * SEP], dim=1), verb * 2 + negated


class Encoder(nn.Module):
    def __init__(self, vocab, dim=32, heads=4, layers=2, max_len=16, dropout=0.1):
        super().__init__()
        self.tokens = nn.Embedding(vocab, dim, padding_idx=PAD)
        self.positions = nn.Embedding(max_len, dim)
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.pooler = nn.Linear(dim, dim)
        self.classifier = nn.Linear(dim, 2 * VERBS)
        self.apply(self._init_weights)

    @staticmethod
    def _init_weights(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.05)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            module.weight.data[module.padding_idx].zero_()

    def forward(self, ids):
        position = torch.arange(ids.shape[1], device=ids.device)
        h = self.tokens(ids) + self.positions(position)
        h = self.layers(self.dropout(self.norm(h)), src_key_padding_mask=ids == PAD)
        pooled = torch.tanh(self.pooler(h[:, 0]))
        return self.classifier(self.dropout(pooled))


def optimizer_groups(model, weight_decay):
    plain = [p for n, p in model.named_parameters() if p.ndim < 2]
    decayed = [p for n, p in model.named_parameters() if p.ndim >= 2]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


def accuracy(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for ids, labels in loader:
            hits += (model(ids).argmax(-1) == labels).sum().item()
    return hits / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--warmup", type=float, default=0.1)
    args = parser.parse_args()

    torch.manual_seed(42)
    ids, labels = commands(3200)
    train_loader = DataLoader(TensorDataset(ids[:2688], labels[:2688]), batch_size=32, shuffle=True)
    dev_loader = DataLoader(TensorDataset(ids[2688:], labels[2688:]), batch_size=128)

    model = Encoder(vocab=FIRST + VERBS + THINGS + FILLERS)
    optimizer = torch.optim.AdamW(optimizer_groups(model, 0.01), lr=args.lr)
    total = args.epochs * len(train_loader)
    warm = max(1, int(args.warmup * total))
    scheduler = LambdaLR(optimizer, lambda s: min((s + 1) / warm, max(0.0, (total - s) / (total - warm))))
    criterion = nn.CrossEntropyLoss()

    for epoch in range(args.epochs):
        model.train()
        running = 0.0
        for batch, target in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(batch), target)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            running += loss.item()
        print(f"epoch {epoch + 1}: loss {running / len(train_loader):.4f}, dev accuracy {accuracy(model, dev_loader):.4f}")


if __name__ == "__main__":
    main()
