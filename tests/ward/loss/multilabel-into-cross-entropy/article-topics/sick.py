"""Topics of news articles (an article may have several), mean of word embeddings, training in a function."""

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Settings:
    words: int = 400
    topics: int = 8
    length: int = 30
    batch: int = 32
    steps: int = 700
    rate: float = 5e-3


def article(rng, cfg):
    about = rng.sample(range(cfg.topics), rng.choice([1, 2, 2, 3]))
    per_topic = cfg.words // (2 * cfg.topics)
    words = []
    for _ in range(cfg.length):
        if rng.random() < 0.5:
            words.append(rng.choice(about) * per_topic + rng.randrange(per_topic))
        else:
            words.append(cfg.words // 2 + rng.randrange(cfg.words // 2))
    return words, about


class Topics(nn.Module):
    def __init__(self, cfg, width=32):
        super().__init__()
        self.words = nn.EmbeddingBag(cfg.words, width, mode="mean")
        self.hidden = nn.Linear(width, 64)
        self.out = nn.Linear(64, cfg.topics)

    def forward(self, ids):
        return self.out(F.relu(self.hidden(self.words(ids))))


def batches(rng, cfg, steps):
    for _ in range(steps):
        articles = [article(rng, cfg) for _ in range(cfg.batch)]
        target = torch.zeros(cfg.batch, cfg.topics)
        for row, (_, about) in enumerate(articles):
            target[row, about] = 1.0
        yield torch.tensor([words for words, _ in articles]), target


def train(cfg):
    torch.manual_seed(0)
    model = Topics(cfg)
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, cfg.steps)
    for step, (ids, target) in enumerate(batches(random.Random(5), cfg, cfg.steps), 1):
        logits = model(ids)
        loss = F.cross_entropy(logits, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step:4d}  loss {loss.item():.4f}")
    return model


def exact_matches(model, cfg):
    ids, target = next(batches(random.Random(6), cfg.__class__(batch=500), 1))
    with torch.no_grad():
        found = F.softmax(model(ids), dim=1) > 0.5
    return (found == target.bool()).all(1).float().mean().item()


if __name__ == "__main__":
    settings = Settings()
    trained = train(settings)
    print(f"all topics right: {exact_matches(trained, settings):.3f}")
