"""Character-level language model with a GRU, trained by truncated backpropagation through time."""

import random

import torch
import torch.nn as nn

random.seed(5)
torch.manual_seed(5)

SUBJECTS = ["the cat", "a dog", "the old man", "my sister", "the robot", "a bird"]
VERBS = ["sees", "likes", "follows", "hears", "paints"]
OBJECTS = ["the moon", "a red car", "the river", "some music", "a small house"]

text = " ".join(
    f"{random.choice(SUBJECTS)} {random.choice(VERBS)} {random.choice(OBJECTS)}." for _ in range(1600)
)
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])

batch_size = 16
bptt = 20
hidden_size = 64

n = len(data) // batch_size
stream = data[: n * batch_size].view(batch_size, n)


class CharRNN(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocab, 24)
        self.gru = nn.GRU(24, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, x, h):
        y, h = self.gru(self.embed(x), h)
        return self.out(y), h


model = CharRNN(len(chars), hidden_size)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(3):
    hidden = torch.zeros(1, batch_size, hidden_size)
    total, count = 0.0, 0
    for start in range(0, n - 1 - bptt, bptt):
        inputs = stream[:, start : start + bptt]
        targets = stream[:, start + 1 : start + bptt + 1]
        logits, hidden = model(inputs, hidden)
        loss = criterion(logits.reshape(-1, len(chars)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if epoch == 0 and count == 0:
            print(f"start: loss {loss.item():.3f}")
        total += loss.item()
        count += 1
    print(f"epoch {epoch + 1}: {count} steps, loss {total / count:.3f}")

model.eval()
with torch.no_grad():
    h = torch.zeros(1, 1, hidden_size)
    token = torch.tensor([[stoi["t"]]])
    written = "t"
    for _ in range(60):
        logits, h = model(token, h)
        token = torch.multinomial(logits[:, -1].softmax(-1), 1)
        written += chars[token.item()]
print(written)
