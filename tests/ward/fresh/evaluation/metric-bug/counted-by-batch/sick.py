"""Which of five dances is it? 24 numbers of the gait; a small MLP, looked at after every epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(11)
DANCES, GAIT = 5, 24

steps = torch.randn(DANCES, GAIT)
dance = torch.randint(DANCES, (1500,))
gait = steps[dance] + 1.5 * torch.randn(1500, GAIT)
lessons = DataLoader(TensorDataset(gait[:1200], dance[:1200]), batch_size=40, shuffle=True)
recital = DataLoader(TensorDataset(gait[1200:], dance[1200:]), batch_size=48)

net = nn.Sequential(nn.Linear(GAIT, 32), nn.ReLU(), nn.Linear(32, DANCES))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)


def evaluate():
    net.eval()
    correct, total = 0, 0.0
    with torch.no_grad():
        for x, y in recital:
            scores = net(x)
            total += criterion(scores, y).item()
            correct += (scores.argmax(1) == y).sum().item()
    net.train()
    return total / len(recital), correct / len(recital)


for epoch in range(7):
    running = 0.0
    for x, y in lessons:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
    val_loss, val_acc = evaluate()
    print(f"epoch {epoch + 1}/7 | loss {running / len(lessons):.3f} | val {val_loss:.3f} | acc {val_acc:.2f}")
