"""Intent classification of templated commands with a bidirectional LSTM."""
import random
from collections import Counter

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

TEMPLATES = {
    "play": ["play {x} by {y}", "put on some {x} please", "i want to hear {y}", "start the {x} list"],
    "alarm": ["wake me at {n}", "set an alarm for {n}", "alarm in {n} minutes please", "i must get up at {n}"],
    "weather": ["will it rain in {y}", "how warm is it in {y} at {n}", "do i need a coat in {y}", "forecast for {y}"],
    "light": ["turn the {x} lamp off", "dim the light to {n}", "make the {x} room brighter", "lights on please"],
    "shop": ["add {x} to the list", "buy {n} {x} please", "i need {x} and {n} bags", "order {x} from {y}"],
}
XS = "blue old tin jazz soft green paper milk wooden red".split()
YS = "oslo vera milan anton paris lena york".split()
NS = [str(i) for i in range(1, 31)]


def corpus(n, seed):
    rng = random.Random(seed)
    intents = sorted(TEMPLATES)
    rows = []
    for _ in range(n):
        intent = rng.choice(intents)
        s = rng.choice(TEMPLATES[intent]).format(x=rng.choice(XS), y=rng.choice(YS), n=rng.choice(NS))
        words = [w for w in s.split() if rng.random() > 0.08] or ["please"]
        rows.append((words, intents.index(intent)))
    return rows


class TextSet(Dataset):
    def __init__(self, rows, vocab):
        self.items = [(torch.tensor([vocab.get(w, 1) for w in words]), label) for words, label in rows]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    seqs, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in seqs])
    return pad_sequence(seqs, batch_first=True), lengths, torch.tensor(labels)


class IntentLSTM(nn.Module):
    def __init__(self, vocab_size, n_classes, emb_dim=32, hidden_dim=48):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, emb_dim, padding_idx=0)
        self.lstm = nn.LSTM(emb_dim, hidden_dim, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(hidden_dim, n_classes)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.fc(self.dropout(torch.cat([h[0], h[1]], dim=1)))


def main():
    torch.manual_seed(4)
    train_rows, dev_rows = corpus(4000, 1), corpus(800, 2)
    counts = Counter(w for words, _ in train_rows for w in words)
    vocab = {"<pad>": 0, "<unk>": 1}
    for w, c in counts.most_common():
        vocab.setdefault(w, len(vocab))
    print(f"vocabulary of {len(vocab)} words, {len(train_rows)} training sentences")
    train_dl = DataLoader(TextSet(train_rows, vocab), batch_size=40, shuffle=True, collate_fn=collate)
    dev_dl = DataLoader(TextSet(dev_rows, vocab), batch_size=100, collate_fn=collate)

    model = IntentLSTM(len(vocab), len(TEMPLATES))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    ce = nn.CrossEntropyLoss()
    for epoch in range(1, 7):
        model.train()
        tot = 0.0
        for tokens, lengths, labels in train_dl:
            opt.zero_grad()
            loss = ce(model(tokens, lengths), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            opt.step()
            tot += loss.item()
        model.eval()
        ok = 0
        with torch.no_grad():
            for tokens, lengths, labels in dev_dl:
                ok += (model(tokens, lengths).argmax(1) == labels).sum().item()
        print(f"epoch {epoch}: loss {tot / len(train_dl):.4f}  dev acc {ok / len(dev_rows):.4f}")


if __name__ == "__main__":
    main()
