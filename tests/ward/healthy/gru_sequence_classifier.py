"""Is a bracket sequence balanced, nested too deep, or wrong? Packed sequences into a bidirectional GRU."""

import random

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

TOKENS = {"(": 1, ")": 2, "x": 3}
VERDICTS = ["flat", "nested", "wrong"]


def make_sequence():
    verdict = random.randrange(3)
    depth_limit = {0: 1, 1: 4, 2: 3}[verdict]
    text, depth, deepest = ["("], 1, 1
    for _ in range(random.randint(6, 16)):
        choices = ["x"] + ["("] * (2 if depth < depth_limit else 0) + [")"] * (1 if depth else 0)
        token = random.choice(choices)
        depth += {"(": 1, ")": -1, "x": 0}[token]
        deepest = max(deepest, depth)
        text.append(token)
    text += [")"] * depth
    if verdict == 1 and deepest < 2:
        text = ["(", "(", *text, ")", ")"]
    if verdict == 2:
        place = random.choice([i for i, token in enumerate(text) if token != "x"])
        text[place] = "(" if text[place] == ")" else ")"
    return torch.tensor([TOKENS[t] for t in text]), verdict


def collate(batch):
    batch = sorted(batch, key=lambda item: len(item[0]), reverse=True)
    sequences = [s for s, _ in batch]
    lengths = torch.tensor([len(s) for s in sequences])
    return pad_sequence(sequences, batch_first=True), lengths, torch.tensor([v for _, v in batch])


class Judge(nn.Module):
    def __init__(self, embed=16, hidden=24):
        super().__init__()
        self.embedding = nn.Embedding(len(TOKENS) + 1, embed, padding_idx=0)
        self.encoder = nn.GRU(embed, hidden, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * hidden, len(VERDICTS))

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True)
        _, state = self.encoder(packed)
        return self.output(torch.cat([state[0], state[1]], dim=1))


def main(epochs=6, clip=1.0):
    random.seed(99)
    torch.manual_seed(99)
    data = [make_sequence() for _ in range(2900)]
    train_loader = DataLoader(data[:2400], batch_size=50, shuffle=True, collate_fn=collate)
    dev_loader = DataLoader(data[2400:], batch_size=250, collate_fn=collate)
    model = Judge()
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)

    for epoch in range(epochs):
        model.train()
        losses = []
        for tokens, lengths, verdicts in train_loader:
            optimizer.zero_grad()
            loss = loss_function(model(tokens, lengths), verdicts)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            losses.append(loss.item())

        model.eval()
        right = 0
        with torch.inference_mode():
            for tokens, lengths, verdicts in dev_loader:
                right += (model(tokens, lengths).argmax(1) == verdicts).sum().item()
        print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4f}, dev accuracy {right / 500:.3f}")


if __name__ == "__main__":
    main()
