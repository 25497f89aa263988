"""Guess the language of a made-up surname, letter by letter, with a GRU."""

import random
import string

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

SYLLABLES = {
    "north": ["sten", "berg", "lund", "vik", "dal", "gren", "holm", "sson", "fors"],
    "south": ["mar", "tini", "ello", "ro", "ssi", "ano", "bia", "luc", "etti"],
    "east": ["ov", "ski", "vna", "dra", "pet", "kow", "zyn", "mir", "icz"],
    "west": ["mac", "ley", "ton", "wick", "har", "ford", "shire", "don", "well"],
    "isle": ["ka", "lo", "ani", "mo", "hu", "wai", "lei", "pu", "noa"],
}
ORIGINS = list(SYLLABLES)
LETTERS = string.ascii_lowercase
N_TRAIN, N_TEST = 3000, 600


def surname(origin):
    parts = [random.choice(SYLLABLES[origin]) for _ in range(random.randint(2, 3))]
    if random.random() < 0.35:
        parts[random.randrange(len(parts))] = random.choice(SYLLABLES[random.choice(ORIGINS)])
    return "".join(parts)


def encode(name):
    return torch.tensor([1 + LETTERS.index(letter) for letter in name])


def collate(samples):
    names, origins = zip(*samples)
    lengths = torch.tensor([len(name) for name in names])
    return pad_sequence(names, batch_first=True), lengths, torch.tensor(origins)


class SurnameGRU(nn.Module):
    def __init__(self, hidden_size=48):
        super().__init__()
        self.embed = nn.Embedding(len(LETTERS) + 1, 24, padding_idx=0)
        self.gru = nn.GRU(24, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, len(ORIGINS))

    def forward(self, names, lengths):
        outputs, _ = self.gru(self.embed(names))
        last = outputs[torch.arange(len(names)), lengths - 1]
        return self.fc(last)


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for names, lengths, origins in loader:
            correct += (model(names, lengths).argmax(1) == origins).sum().item()
    model.train()
    return correct / N_TEST


if __name__ == "__main__":
    random.seed(21)
    torch.manual_seed(21)
    samples = []
    for _ in range(N_TRAIN + N_TEST):
        label = random.randrange(len(ORIGINS))
        samples.append((encode(surname(ORIGINS[label])), label))
    train_loader = torch.utils.data.DataLoader(samples[:N_TRAIN], batch_size=50, shuffle=True, collate_fn=collate)
    test_loader = torch.utils.data.DataLoader(samples[N_TRAIN:], batch_size=200, collate_fn=collate)

    model = SurnameGRU()
    criterion = nn.NLLLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

    n_iter, running = 0, 0.0
    for epoch in range(7):
        for names, lengths, origins in train_loader:
            loss = criterion(model(names, lengths), origins)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()

            running += loss.item()
            n_iter += 1
            if n_iter % 60 == 0:
                print(f"iter {n_iter:4d}  loss {running / 60:9.4f}  test accuracy {test(model, test_loader):.3f}")
                running = 0.0
