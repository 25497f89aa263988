"""A character-level language model on made-up Latin, with the loop in a Trainer class."""

import random

import torch
import torch.nn.functional as F
from torch import nn

STEMS = ["ama", "vide", "audi", "reg", "port", "lauda", "mone", "dici"]
ENDINGS = ["re", "mus", "tis", "nt", "bat", "bit", "sti"]


def corpus(words=4000, seed=3):
    rng = random.Random(seed)
    return " ".join(rng.choice(STEMS) + rng.choice(ENDINGS) for _ in range(words))


class CharModel(nn.Module):
    def __init__(self, vocabulary, width=48):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.rnn = nn.GRU(width, 96, batch_first=True)
        self.head = nn.Linear(96, vocabulary)

    def forward(self, ids):
        states, _ = self.rnn(self.embed(ids))
        return self.head(states)


class Trainer:
    def __init__(self, model, data, block=32, batch=24):
        self.model, self.data = model, data
        self.block, self.batch = block, batch
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)

    def get_batch(self):
        starts = torch.randint(0, len(self.data) - self.block - 1, (self.batch,)).tolist()
        x = torch.stack([self.data[s : s + self.block] for s in starts])
        y = torch.stack([self.data[s + 1 : s + self.block + 1] for s in starts])
        return x, y

    def compute_loss(self, x, y):
        logits = self.model(x)
        return F.cross_entropy(logits.transpose(1, 2), y)

    def fit(self, steps):
        self.model.train()
        for step in range(1, steps + 1):
            loss = self.compute_loss(*self.get_batch())
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            if step % 50 == 0:
                print(f"step {step}: loss {loss.item():.3f}")


def main():
    torch.manual_seed(1)
    text = corpus()
    letters = sorted(set(text))
    data = torch.tensor([letters.index(letter) for letter in text])
    trainer = Trainer(CharModel(len(letters)), data)
    trainer.fit(300)


if __name__ == "__main__":
    main()
