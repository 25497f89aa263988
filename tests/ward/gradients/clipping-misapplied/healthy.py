"""Learn the spelling of an invented language with a small LSTM: plain SGD, a large rate, and clipped gradients."""

import torch
from torch import nn

SYLLABLES = ["ka", "to", "mi", "ren", "sul", "vo", "pa", "lin"]
BATCH, LENGTH, STEPS, RATE, CLIP = 24, 16, 160, 40.0, 0.1


def text(words, generator):
    picks = torch.randint(len(SYLLABLES), (words, 3), generator=generator)
    return " ".join("".join(SYLLABLES[i] for i in row) for row in picks.tolist())


class Speller(nn.Module):
    def __init__(self, letters, width=40):
        super().__init__()
        self.embed = nn.Embedding(letters, width)
        self.lstm = nn.LSTM(width, width)
        self.out = nn.Linear(width, letters)

    def forward(self, letters, state):
        hidden, state = self.lstm(self.embed(letters), state)
        return self.out(hidden), state


def detached(state):
    return tuple(part.detach() for part in state)


def main():
    torch.manual_seed(9)
    generator = torch.Generator().manual_seed(10)
    corpus = text(9000, generator)
    alphabet = sorted(set(corpus))
    ids = torch.tensor([alphabet.index(c) for c in corpus])
    columns = ids[: len(ids) // BATCH * BATCH].view(BATCH, -1).t().contiguous()

    model = Speller(len(alphabet))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    criterion = nn.CrossEntropyLoss()
    state = (torch.zeros(1, BATCH, 40), torch.zeros(1, BATCH, 40))
    total = 0.0
    for step in range(STEPS):
        begin = step * LENGTH
        source, target = columns[begin : begin + LENGTH], columns[begin + 1 : begin + LENGTH + 1]
        state = detached(state)
        optimizer.zero_grad()
        output, state = model(source, state)
        loss = criterion(output.flatten(0, 1), target.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        total += loss.item()
        if step % 20 == 19:
            print(f"step {step + 1:4d}  loss {total / 20:.3f}")
            total = 0.0


if __name__ == "__main__":
    main()
