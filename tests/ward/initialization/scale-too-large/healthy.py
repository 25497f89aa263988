"""Next-letter model over invented place names, with layers written out by hand."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(2147)
torch.manual_seed(2147)

# ---------------------------------------------------------------- data
STARTS = ["bar", "cal", "dor", "el", "fen", "gran", "hol", "kir", "lun", "mor", "nor", "os"]
MIDDLES = ["a", "en", "ing", "o", "u", "er", ""]
ENDS = ["by", "dale", "ford", "ham", "mouth", "ton", "wick", "ville"]
names = [random.choice(STARTS) + random.choice(MIDDLES) + random.choice(ENDS) for _ in range(3000)]

letters = "." + "abcdefghijklmnopqrstuvwxyz"
index = {c: i for i, c in enumerate(letters)}
block_size = 4


def windows(words):
    xs, ys = [], []
    for word in words:
        context = [0] * block_size
        for c in word + ".":
            xs.append(context)
            ys.append(index[c])
            context = context[1:] + [index[c]]
    return torch.tensor(xs), torch.tensor(ys)


x_train, y_train = windows(names[:2600])
x_dev, y_dev = windows(names[2600:])


# ---------------------------------------------------------------- model
class Dense(nn.Module):
    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(fan_in, fan_out) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(fan_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class NameModel(nn.Module):
    def __init__(self, vocab=27, n_embd=16, n_hidden=128):
        super().__init__()
        self.table = nn.Embedding(vocab, n_embd)
        self.fc1 = Dense(n_embd * block_size, n_hidden)
        self.fc2 = Dense(n_hidden, n_hidden)
        self.out = Dense(n_hidden, vocab)

    def forward(self, idx):
        x = self.table(idx).flatten(1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.out(x)


model = NameModel()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
print("parameters:", sum(p.numel() for p in model.parameters()))

# ---------------------------------------------------------------- training
max_steps = 700
for step in range(max_steps):
    ix = torch.randint(0, len(x_train), (64,))
    logits = model(x_train[ix])
    loss = F.cross_entropy(logits, y_train[ix])

    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()

    if step % 100 == 0 or step == max_steps - 1:
        print(f"{step:5d}/{max_steps}: {loss.item():.4f}")


@torch.no_grad()
def split_loss(x, y):
    logits = model(x)
    return F.cross_entropy(logits, y).item(), (logits.argmax(1) == y).float().mean().item()


for name, x, y in (("train", x_train, y_train), ("dev", x_dev, y_dev)):
    value, hit = split_loss(x, y)
    print(f"{name} loss {value:.4f}, next letter right {hit:.3f}")
