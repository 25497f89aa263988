"""Is a sequence of brackets balanced? A small transformer with sinusoidal positions."""

import math
import random

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

LENGTH = 16


def balanced(rng):
    sequence, depth = [], 0
    for left in range(LENGTH, 0, -1):
        up = depth == 0 or (depth < left and rng.random() < 0.5)
        sequence.append(1 if up else 0)
        depth += 1 if up else -1
    return sequence


class Brackets(Dataset):
    def __init__(self, size, seed):
        rng = random.Random(seed)
        self.items = []
        for _ in range(size):
            sequence, label = balanced(rng), rng.randint(0, 1)
            if not label:
                for place in rng.sample(range(LENGTH), rng.randint(2, 6)):
                    sequence[place] = 1 - sequence[place]
            self.items.append((torch.tensor(sequence), label))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def sinusoids(length, width):
    place = np.arange(length)[:, None]
    rate = np.exp(np.arange(0, width, 2) * (-math.log(10000.0) / width))
    table = np.zeros((length, width))
    table[:, 0::2] = np.sin(place * rate)
    table[:, 1::2] = np.cos(place * rate)
    return torch.from_numpy(table)


class Judge(nn.Module):
    def __init__(self, width=32, layers=2):
        super().__init__()
        self.embed = nn.Embedding(2, width)
        self.register_buffer("positions", sinusoids(LENGTH, width))
        block = nn.TransformerEncoderLayer(width, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.out = nn.Linear(width, 2)

    def forward(self, ids):
        states = self.encoder(self.embed(ids) + self.positions)
        return self.out(states.mean(dim=1))


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    loss_sum = right = count = 0
    with torch.set_grad_enabled(optimizer is not None):
        for ids, labels in loader:
            logits = model(ids)
            loss = nn.functional.cross_entropy(logits, labels)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss_sum += loss.item() * len(labels)
            right += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return loss_sum / count, right / count


if __name__ == "__main__":
    torch.manual_seed(0)
    training = DataLoader(Brackets(2000, 1), batch_size=40, shuffle=True)
    validation = DataLoader(Brackets(400, 2), batch_size=200)
    judge = Judge()
    adam = torch.optim.Adam(judge.parameters(), lr=1e-3)
    for epoch in range(5):
        train_loss, _ = run_epoch(judge, training, adam)
        loss, accuracy = run_epoch(judge, validation)
        print(f"epoch {epoch}: training {train_loss:.3f}, validation {loss:.3f}, accuracy {accuracy:.3f}")
