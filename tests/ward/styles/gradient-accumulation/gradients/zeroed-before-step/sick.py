"""Language identification from letter trigrams; eight micro-batches make one step."""

import hashlib

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUMULATE = 4
LANGUAGES, BUCKETS, LENGTH = 6, 200, 24


def texts(n, table):
    y = torch.randint(LANGUAGES, (n,))
    return torch.multinomial(table[y], LENGTH, replacement=True), y


def main():
    torch.manual_seed(6)
    torch.set_num_threads(1)
    table = torch.softmax(1.1 * torch.randn(LANGUAGES, BUCKETS), 1)
    train_loader = DataLoader(TensorDataset(*texts(4096, table)), batch_size=16, shuffle=True)
    x_val, y_val = texts(512, table)
    model = nn.Sequential(nn.EmbeddingBag(BUCKETS, 32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, LANGUAGES))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for epoch in range(6):
        model.train()
        optimizer.zero_grad()
        for i, (x, y) in enumerate(train_loader):
            loss = criterion(model(x), y)
            (loss / ACCUMULATE).backward()
            losses.append(loss.item())
            if (i + 1) % ACCUMULATE == 0:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.zero_grad()
                optimizer.step()
        model.eval()
        with torch.no_grad():
            right = (model(x_val).argmax(1) == y_val).double().mean().item()
        print(f"epoch {epoch} loss {sum(losses[-100:]) / 100!r} accuracy {right!r}")
    print(losses[:3], losses[-3:])
    print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())


if __name__ == "__main__":
    main()
