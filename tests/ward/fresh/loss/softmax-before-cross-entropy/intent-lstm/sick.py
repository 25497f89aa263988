import random

import torch
import torch.nn.functional as F
from torch import nn, Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

INTENTS = {
    "alarm": "wake me at {n} | set an alarm for {n} | i must get up at {n}",
    "timer": "count {n} minutes | set a timer for {n} minutes | tell me when {n} minutes are over",
    "light": "turn the lamp {s} | switch {s} the light in the {r} | make the {r} bright",
    "heat": "make the {r} warmer | set the heating to {n} | it is cold in the {r}",
    "music": "play {m} | put on some {m} | i want to hear {m} in the {r}",
    "stop": "be quiet | stop that | switch {s} the music",
    "weather": "will it rain at {n} | do i need a coat | is it cold outside",
    "call": "call {p} | ring {p} at {n} | get {p} on the phone",
    "message": "tell {p} i am late | write {p} that i come at {n} | send {p} a note",
    "list": "add {f} to my list | i need {f} | we are out of {f}",
    "recipe": "how do i cook {f} | find me a dish with {f} | what goes with {f}",
    "news": "what happened today | read me the headlines | anything new in the world",
}
SLOTS = {
    "n": "one two three four five six seven eight nine ten eleven noon".split(),
    "s": ["on", "off"], "r": "kitchen bedroom hall bath office".split(),
    "m": "jazz rock bach beatles radio opera".split(), "p": "anna tom mother paul the doctor".split(),
    "f": "milk rice eggs bread leek salmon beans".split(),
}
FILLERS = ["please", "now", "hey", "could you", "well"]


def utter(rng: random.Random) -> tuple[str, int]:
    intent = rng.randrange(len(INTENTS))
    text = rng.choice(list(INTENTS.values())[intent].split(" | "))
    for slot, values in SLOTS.items():
        text = text.replace("{" + slot + "}", rng.choice(values))
    if rng.random() < 0.4:
        text = rng.choice(FILLERS) + " " + text
    if rng.random() < 0.2:
        text += " " + rng.choice(FILLERS)
    return text, intent


class IntentModel(nn.Module):
    def __init__(self, vocab: int, classes: int, dim: int = 24, hidden: int = 32) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.rnn = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(2 * hidden, classes)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.rnn(packed)
        scores = self.out(self.drop(torch.cat([h[0], h[1]], dim=-1)))
        return torch.softmax(scores, dim=-1)


def collate(rows, stoi):
    ids = [torch.tensor([stoi[w] for w in t.split()]) for t, _ in rows]
    return pad_sequence(ids, batch_first=True), torch.tensor([len(i) for i in ids]), torch.tensor([y for _, y in rows])


def main() -> None:
    rng = random.Random(12)
    torch.manual_seed(12)
    rows = sorted({utter(rng) for _ in range(5000)})
    rng.shuffle(rows)
    stoi = {w: i + 1 for i, w in enumerate(sorted({w for t, _ in rows for w in t.split()}))}
    train, dev = rows[:-300], rows[-300:]
    model = IntentModel(len(stoi) + 1, len(INTENTS))
    opt = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    dev_batch = collate(dev, stoi)
    for epoch in range(1, 8):
        rng.shuffle(train)
        model.train()
        total = 0.0
        for i in range(0, len(train), 50):
            ids, lengths, y = collate(train[i:i + 50], stoi)
            loss = F.cross_entropy(model(ids, lengths), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
        model.eval()
        with torch.no_grad():
            out = model(*dev_batch[:2])
            dev_loss = F.cross_entropy(out, dev_batch[2]).item()
            acc = (out.argmax(-1) == dev_batch[2]).float().mean().item()
        print(f"Epoch {epoch:2d} | train {total / len(train):.3f} | dev {dev_loss:.3f} | dev acc {acc:.1%}")


if __name__ == "__main__":
    main()
