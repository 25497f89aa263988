"""Predict the next letter of nonsense words with a character LSTM, trained with Lightning Fabric."""

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LETTERS, LENGTH = 20, 24


def words(number: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(8)
    follows = torch.randn(LETTERS, LETTERS, generator=generator).mul(2).softmax(dim=-1)
    text = torch.randint(LETTERS, (number, 1), generator=generator)
    while text.shape[1] <= LENGTH:
        following = torch.multinomial(follows[text[:, -1]], 1, generator=generator)
        text = torch.cat([text, following], dim=1)
    return text


class LetterModel(nn.Module):
    def __init__(self, width: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(LETTERS, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.out = nn.Linear(width, LETTERS)

    def forward(self, text):
        return self.out(self.lstm(self.embedding(text))[0])


def validate(fabric, model, loader):
    model.eval()
    with torch.no_grad():
        losses = [F.cross_entropy(model(t[:, :-1]).transpose(1, 2), t[:, 1:]) for (t,) in loader]
    model.train()
    return fabric.all_reduce(torch.stack(losses).mean())


def main():
    fabric = Fabric(accelerator="cpu", devices=1)
    fabric.launch()
    fabric.seed_everything(8)

    text = words(1200)
    train_loader = DataLoader(TensorDataset(text[:1000]), batch_size=20, shuffle=True)
    val_loader = DataLoader(TensorDataset(text[1000:]), batch_size=100)
    train_loader, val_loader = fabric.setup_dataloaders(train_loader, val_loader)

    model = LetterModel()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model, optimizer = fabric.setup(model, optimizer)

    for epoch in range(6):
        for (batch,) in train_loader:
            logits = model(batch[:, :-1])
            loss = F.cross_entropy(logits.transpose(1, 2), batch[:, 1:])
            fabric.backward(loss)
            fabric.clip_gradients(model, optimizer, max_norm=5.0)
            optimizer.step()
        fabric.print(f"epoch {epoch} loss {loss.item()} val {validate(fabric, model, val_loader).item()}")


if __name__ == "__main__":
    main()
