"""Is a message spam? Bag of words, one output, labels 0 and 1."""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Messages(Dataset):
    def __init__(self, count, seed, vocabulary=300):
        rng = np.random.default_rng(seed)
        usual = np.random.default_rng(0).dirichlet(np.full(vocabulary, 0.3))
        advert = np.random.default_rng(1).dirichlet(np.full(vocabulary, 0.3))
        self.labels = rng.integers(0, 2, count)
        rates = np.where(self.labels[:, None], 0.75 * usual + 0.25 * advert, usual)
        self.counts = np.stack([rng.multinomial(40, rate) for rate in rates]).astype("float32")

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return np.log1p(self.counts[index]), self.labels[index]


def evaluate(model, loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for words, labels in loader:
            right += ((model(words).squeeze(1) > 0) == labels.bool()).sum().item()
    return right / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    torch.manual_seed(0)
    train = DataLoader(Messages(3000, seed=10), batch_size=64, shuffle=True)
    valid = DataLoader(Messages(600, seed=11), batch_size=200)
    model = nn.Sequential(nn.Linear(300, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        model.train()
        for words, labels in train:
            logits = model(words).squeeze(1)
            loss = F.binary_cross_entropy_with_logits(logits, labels.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}, validation accuracy {evaluate(model, valid):.3f}")


if __name__ == "__main__":
    main()
