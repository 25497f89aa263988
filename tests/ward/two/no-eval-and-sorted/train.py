"""Recognise which of five instruments plays, from its spectrum."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
INSTRUMENTS, BINS = 5, 48
timbres = torch.rand(INSTRUMENTS, BINS)


def recordings(each):
    """The recordings lie in one folder for each instrument, and are read folder by folder."""
    spectra, labels = [], []
    for instrument in range(INSTRUMENTS):
        spectra.append(timbres[instrument] + 0.35 * torch.randn(each, BINS))
        labels += [instrument] * each
    return TensorDataset(torch.cat(spectra), torch.tensor(labels))


model = nn.Sequential(
    nn.Linear(BINS, 96),
    nn.BatchNorm1d(96),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(96, 96),
    nn.BatchNorm1d(96),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(96, INSTRUMENTS),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
train_loader = DataLoader(recordings(400), batch_size=50)
test_loader = DataLoader(recordings(100), batch_size=50)

for epoch in range(6):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    right = total = 0
    with torch.no_grad():
        for x, y in test_loader:
            right += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    print(f"epoch {epoch}: test accuracy {right / total:.3f}")
