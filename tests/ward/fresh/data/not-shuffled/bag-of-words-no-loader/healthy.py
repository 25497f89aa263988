# mail routing: which desk should a letter go to?  numpy in, torch in the middle, numpy out
import numpy as np
import torch

DESKS = ["billing", "delivery", "returns", "jobs", "press"]
WORDS_PER_DESK = 30
COMMON = 100
VOCAB = COMMON + WORDS_PER_DESK * len(DESKS)


def write_letters(n_per_desk, rs):
    texts, desks = [], []
    for d in range(len(DESKS)):
        for _ in range(n_per_desk):
            n = rs.randint(15, 40)
            common = rs.randint(0, COMMON, size=n)
            # words of the desk, mixed with those of a neighbour desk
            own = COMMON + d * WORDS_PER_DESK + rs.randint(0, WORDS_PER_DESK, size=rs.randint(3, 9))
            other = COMMON + rs.randint(len(DESKS)) * WORDS_PER_DESK + rs.randint(0, WORDS_PER_DESK, size=3)
            texts.append(np.concatenate([common, own, other]))
            desks.append(d)
    return texts, np.array(desks)


def bag(texts):
    x = np.zeros((len(texts), VOCAB), dtype=np.float32)
    for i, words in enumerate(texts):
        np.add.at(x[i], words, 1.0)
    return np.minimum(x, 3.0)


rs = np.random.RandomState(8)
torch.manual_seed(8)
train_texts, train_y = write_letters(2000, rs)
valid_texts, valid_y = write_letters(150, rs)
train_x, valid_x = bag(train_texts), bag(valid_texts)
mu, sd = train_x.mean(0), train_x.std(0)
train_x, valid_x = (train_x - mu) / sd, (valid_x - mu) / sd
train_x, valid_x = torch.tensor(train_x), torch.tensor(valid_x)
train_y, valid_y = torch.tensor(train_y), torch.tensor(valid_y)
print("letters:", len(train_x), "train,", len(valid_x), "valid; vocabulary", VOCAB)

model = torch.nn.Sequential(
    torch.nn.Linear(VOCAB, 64),
    torch.nn.ReLU(),
    torch.nn.Dropout(0.3),
    torch.nn.Linear(64, len(DESKS)),
)
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)
B = 25
n = len(train_x)

for epoch in range(8):
    model.train()
    order = torch.randperm(n)
    tot = hits = 0
    for start in range(0, n, B):
        rows = order[start:start + B]
        logits = model(train_x[rows])
        loss = torch.nn.functional.cross_entropy(logits, train_y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(rows)
        hits += (logits.argmax(1) == train_y[rows]).sum().item()
    model.eval()
    with torch.no_grad():
        out = model(valid_x)
        vl = torch.nn.functional.cross_entropy(out, valid_y).item()
        va = (out.argmax(1) == valid_y).float().mean().item()
    print("epoch %2d   loss %.4f   acc %.3f   |   valid loss %.4f   acc %.3f" % (epoch, tot / n, hits / n, vl, va))

by_desk = [(out.argmax(1)[valid_y == d] == d).float().mean().item() for d in range(len(DESKS))]
for name, a in zip(DESKS, by_desk):
    print("  %-10s %.2f" % (name, a))
