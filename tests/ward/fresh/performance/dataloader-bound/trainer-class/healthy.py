"""Urgency of support tickets: JSON lines as the help desk exports them, a bag of hashed words, a trainer class."""

import json
import random
import re
import zlib

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

WORDS = 512
CALM = "please question invoice colour thanks manual delivery address newsletter refund size catalogue".split()
URGENT = "down outage urgent lost production immediately data broken cannot customers stopped alarm".split()
FILLER = [f"{a}{b}" for a in ("sys", "app", "log", "net", "dev", "web") for b in ("er", "ing", "tem", "ory", "al")]


def export(n):
    lines = []
    for number in range(n):
        urgent = random.random() < 0.5
        words = random.choices(URGENT if urgent else CALM, k=6) + random.choices(CALM + URGENT, k=4)
        words += random.choices(FILLER, k=150)
        random.shuffle(words)
        ticket = {"id": number, "body": " ".join(words), "headers": {f"x-{i}": i * number for i in range(40)}}
        lines.append(json.dumps({"ticket": ticket, "urgent": urgent}))
    return lines


class Tickets(Dataset):
    def __init__(self, lines):
        self.records = [self.read(line) for line in lines]

    def __len__(self):
        return len(self.records)

    def read(self, line):
        record = json.loads(line)
        counts = torch.zeros(WORDS)
        for word in re.findall(r"[a-z]+", record["ticket"]["body"].lower()):
            counts[zlib.crc32(word.encode()) % WORDS] += 1
        return counts.log1p(), float(record["urgent"])

    def __getitem__(self, index):
        return self.records[index]


class Trainer:
    def __init__(self, model, rate=3e-3):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=rate)

    def epoch(self, loader):
        self.model.train()
        losses = [self.step(words, urgent.float()) for words, urgent in loader]
        return sum(losses) / len(losses)

    def step(self, words, urgent):
        loss = F.binary_cross_entropy_with_logits(self.model(words).squeeze(1), urgent)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def accuracy(self, loader):
        self.model.eval()
        right = sum(((self.model(words).squeeze(1) > 0) == urgent.bool()).sum().item() for words, urgent in loader)
        return right / len(loader.dataset)


def main():
    random.seed(1)
    torch.manual_seed(1)
    train, held_out = random_split(Tickets(export(440)), [360, 80])
    loader = DataLoader(train, batch_size=24, shuffle=True)
    trainer = Trainer(nn.Sequential(nn.Linear(WORDS, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 1)))
    for epoch in range(4):
        loss = trainer.epoch(loader)
        print(f"epoch {epoch}: loss {loss:.3f}")
    print(f"accuracy {trainer.accuracy(DataLoader(held_out, batch_size=80)):.2f}")


if __name__ == "__main__":
    main()
