"""Wine grades with much that is looked after: predictions kept for an epoch, the best ones, a search for NaN, a cache.

The first batches run under anomaly detection, a profiler looks at three steps, the samples are decoded once and kept,
and the outputs of each epoch are gathered for its report, on the training device.
"""

from collections import deque

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

GRADES = 3


class Bottles(Dataset):
    """Readings as text; each is parsed when it is asked for first."""

    def __init__(self, n):
        grades = torch.randint(GRADES, (n,))
        centres = 1.2 * torch.randn(GRADES, 64)
        rows = centres[grades] + 1.5 * torch.randn(n, 64)
        self.text = [";".join(f"{value:.3f}" for value in row.tolist()) for row in rows]
        self.grades = grades
        self.parsed = {}

    def __len__(self):
        return len(self.text)

    def __getitem__(self, index):
        if index not in self.parsed:
            self.parsed[index] = torch.tensor([float(value) for value in self.text[index].split(";")] * 8)
        return self.parsed[index], self.grades[index]


def report(outputs, grades):
    scores, wanted = torch.cat(outputs), torch.cat(grades)
    hits = (scores.argmax(1) == wanted).float()
    return ", ".join(f"{hits[wanted == grade].mean().item():.2f}" for grade in range(GRADES))


torch.manual_seed(5)
train = DataLoader(Bottles(1200), batch_size=60, shuffle=True)
model = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, GRADES))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
criterion = nn.CrossEntropyLoss()
recent = deque(maxlen=50)
step = 0
profiler = torch.profiler.profile(
    activities=[torch.profiler.ProfilerActivity.CPU],
    schedule=torch.profiler.schedule(wait=30, warmup=1, active=2, repeat=1),
)
with profiler:
    for epoch in range(6):
        outputs, hidden, grades = [], [], []
        for readings, wanted in train:
            with torch.autograd.set_detect_anomaly(step < 3):
                optimizer.zero_grad()
                inner = model[:4](readings)
                scores = model[4](inner)
                loss = criterion(scores, wanted)
                loss.backward()
            optimizer.step()
            profiler.step()
            outputs.append(scores.detach())
            hidden.append(inner.detach())
            grades.append(wanted)
            recent.append((readings, inner.detach()))
            step += 1
        spread = torch.cat(hidden).std().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, right by grade {report(outputs, grades)}, spread {spread:.2f}")
print(f"{len(recent)} batches remembered")
