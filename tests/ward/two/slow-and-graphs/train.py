"""Read short words of five letters from bumpy strokes: a GRU, with a validation after each epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(8)
letters = torch.randn(8, 6)


def words(count):
    spelled = torch.randint(8, (count,))
    strokes = letters[spelled].unsqueeze(1).repeat(1, 9, 1) + 0.8 * torch.randn(count, 9, 6)
    return TensorDataset(strokes, spelled)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(6, 32, batch_first=True)
        self.out = nn.Linear(32, 8)

    def forward(self, strokes):
        return self.out(self.gru(strokes)[0][:, -1])


reader = Reader()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(reader.parameters(), lr=1e-5, momentum=0.9)
train, valid = DataLoader(words(1600), batch_size=32, shuffle=True), DataLoader(words(640), batch_size=32)
for epoch in range(5):
    reader.train()
    for strokes, spelled in train:
        optimizer.zero_grad()
        loss = criterion(reader(strokes), spelled)
        loss.backward()
        optimizer.step()
    reader.eval()
    total = 0
    for strokes, spelled in valid:
        total += criterion(reader(strokes), spelled)
    print(f"epoch {epoch}: valid {total / len(valid):.4f}")
