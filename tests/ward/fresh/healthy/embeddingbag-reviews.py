"""Topic of made-up product notes with an EmbeddingBag; offsets are made in the collate function."""
import random
import time
from collections import Counter

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split

TOPICS = {
    "kitchen": "pan knife oven boil spoon kettle dough whisk plate recipe".split(),
    "garden": "soil seed rake hose lawn bloom prune compost hedge sprout".split(),
    "audio": "bass treble cable speaker amp vinyl hiss stereo tuner volume".split(),
    "travel": "suitcase ticket hostel passport ferry map backpack border cabin tour".split(),
}
FILLER = "the a it is was very quite really for with and but not my this one all too i so".split()
SHARED = {"kitchen": ["plate", "map"], "garden": ["hose", "cable"], "audio": ["cabin", "seed"], "travel": ["kettle", "volume"]}


def document(topic, rng):
    n = rng.randint(6, 18)
    words = []
    for _ in range(n):
        r = rng.random()
        if r < 0.6:
            words.append(rng.choice(FILLER))
        elif r < 0.78:
            words.append(rng.choice(TOPICS[topic]))
        elif r < 0.9:
            words.append(rng.choice(TOPICS[rng.choice(list(TOPICS))]))
        else:
            words.append(rng.choice(SHARED[topic]))
    return " ".join(words)


class TextClassificationModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, mode="mean")
        self.fc = nn.Linear(embed_dim, num_class)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


def main():
    rng = random.Random(6)
    torch.manual_seed(6)
    names = list(TOPICS)
    data = [(label, document(names[label], rng)) for label in (rng.randrange(4) for _ in range(9000))]
    counter = Counter(w for _, text in data for w in text.split())
    vocab = {w: i for i, (w, _) in enumerate(counter.most_common())}

    def collate_batch(batch):
        labels, texts, offsets = [], [], [0]
        for label, text in batch:
            ids = torch.tensor([vocab[w] for w in text.split()])
            labels.append(label)
            texts.append(ids)
            offsets.append(len(ids))
        return torch.tensor(labels), torch.cat(texts), torch.tensor(offsets[:-1]).cumsum(0)

    train_set, valid_set = random_split(data, [8000, 1000])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True, collate_fn=collate_batch)
    valid_loader = DataLoader(valid_set, batch_size=100, collate_fn=collate_batch)
    model = TextClassificationModel(len(vocab), 32, len(names))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)

    def evaluate(dataloader):
        model.eval()
        total_acc, total = 0, 0
        with torch.no_grad():
            for label, text, offsets in dataloader:
                total_acc += (model(text, offsets).argmax(1) == label).sum().item()
                total += label.size(0)
        return total_acc / total

    for epoch in range(1, 9):
        model.train()
        start, losses = time.time(), []
        for label, text, offsets in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(text, offsets), label)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        print("| epoch {:2d} | {:5.2f}s | loss {:.4f} | valid accuracy {:.3f}".format(
            epoch, time.time() - start, sum(losses) / len(losses), evaluate(valid_loader)))


if __name__ == "__main__":
    main()
