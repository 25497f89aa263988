"""A language model of invented place names, letter by letter; trainer class, batches padded to one length."""

import math

import torch
from torch import nn
from torch.nn import functional as F

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAD, START, STOP = 0, 27, 28
STARTS = ["bran", "el", "kor", "mir", "tha", "wes", "ost", "hal", "fen", "rud"]
MIDDLES = ["", "", "de", "in", "or", "ga", "le"]
ENDS = ["ton", "by", "mouth", "wick", "heim", "ford", "ley"]


def names(n, seed):
    g = torch.Generator().manual_seed(seed)
    pick = lambda parts: parts[int(torch.randint(len(parts), (1,), generator=g))]
    return [pick(STARTS) + pick(MIDDLES) + pick(ENDS) for _ in range(n)]


def encoded(words, longest=24):
    rows = torch.full((len(words), longest), PAD)
    for row, word in zip(rows, words):
        ids = [START] + [LETTERS.index(c) + 1 for c in word] + [STOP]
        row[: len(ids)] = torch.tensor(ids)
    return rows


class NameModel(nn.Module):
    def __init__(self, size=29, width=40):
        super().__init__()
        self.table = nn.Embedding(size, width, padding_idx=PAD)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, size)

    def forward(self, ids):
        hidden, _ = self.rnn(self.table(ids))
        return self.head(hidden)


class Trainer:
    def __init__(self, model, rows, lr=4e-3, batch_size=40):
        self.model, self.rows, self.batch_size = model, rows, batch_size
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def loss(self, batch):
        logits = self.model(batch[:, :-1])
        return F.cross_entropy(logits.reshape(-1, logits.size(-1)), batch[:, 1:].reshape(-1), ignore_index=PAD)

    def fit(self, epochs):
        for epoch in range(1, epochs + 1):
            losses = []
            for rows in torch.randperm(len(self.rows)).split(self.batch_size):
                loss = self.loss(self.rows[rows])
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            mean = sum(losses) / len(losses)
            print(f"epoch {epoch}: loss {mean:.3f}, perplexity {math.exp(mean):.2f}")


if __name__ == "__main__":
    torch.manual_seed(4)
    Trainer(NameModel(), encoded(names(1200, 1))).fit(6)
