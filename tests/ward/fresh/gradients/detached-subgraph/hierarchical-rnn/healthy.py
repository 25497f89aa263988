# Sentences -> document -> does the story keep its promise?
# A document is a list of token sequences. Each is encoded by one GRU, the sentence vectors go through another.
import random
import torch
from torch import nn
from torch.optim import Adam

PAD = 0
NAMES = list(range(1, 13))       # people
GIVE, TAKE, WALK, SLEEP = 13, 14, 15, 16
NOISE = list(range(17, 50))


def make_story(r):
    """Somebody gives or takes; the label says whether more was given than taken over the whole story."""
    balance, sentences = 0, []
    for _ in range(r.randint(3, 6)):
        verb = r.choice([GIVE, TAKE, WALK, SLEEP])
        s = [r.choice(NAMES)] + r.choices(NOISE, k=r.randint(1, 4)) + [verb] + r.choices(NOISE, k=r.randint(1, 4))
        balance += {GIVE: 1, TAKE: -1}.get(verb, 0)
        sentences.append(s)
    return sentences, (0 if balance < 0 else 1 if balance == 0 else 2)


class StoryReader(nn.Module):
    def __init__(self, vocab=50, emb=24, hid=32):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.word_rnn = nn.GRU(emb, hid, batch_first=True, bidirectional=True)
        self.story_rnn = nn.GRU(2 * hid, hid, batch_first=True)
        self.answer = nn.Linear(hid, 3)

    def encode(self, sentences):
        longest = max(len(s) for s in sentences)
        ids = torch.tensor([s + [PAD] * (longest - len(s)) for s in sentences])
        states, _ = self.word_rnn(self.embedding(ids))
        return states.masked_fill((ids == PAD).unsqueeze(-1), -1e4).amax(dim=1)

    def forward(self, stories):
        flat = self.encode([s for story in stories for s in story])
        most = max(len(story) for story in stories)
        rows, start = [], 0
        for story in stories:
            chunk = flat[start:start + len(story)]
            start += len(story)
            rows.append(torch.cat([chunk.new_zeros(most - len(story), chunk.shape[1]), chunk]))
        document = torch.stack(rows)
        _, last = self.story_rnn(document)
        return self.answer(last[0])


def batches(stories, size):
    for i in range(0, len(stories), size):
        part = stories[i:i + size]
        yield [s for s, _ in part], torch.tensor([y for _, y in part])


def check(model, stories):
    model.eval()
    hits = 0
    with torch.no_grad():
        for docs, y in batches(stories, 100):
            hits += (model(docs).argmax(1) == y).sum().item()
    model.train()
    return hits / len(stories)


r = random.Random(90)
torch.manual_seed(90)
training = [make_story(r) for _ in range(2000)]
held_out = [make_story(r) for _ in range(200)]
model = StoryReader()
criterion = nn.CrossEntropyLoss()
optimizer = Adam(model.parameters(), lr=4e-3)

for epoch in range(5):
    r.shuffle(training)
    running = 0
    for docs, y in batches(training, 50):
        optimizer.zero_grad()
        loss = criterion(model(docs), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        running += loss.item() * len(y)
    print("epoch", epoch, "loss %.4f" % (running / len(training)), "held out %.3f" % check(model, held_out))
