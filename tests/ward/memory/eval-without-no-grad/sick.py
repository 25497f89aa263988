"""Defect inspection of fabric: a CNN grades 32 x 32 patches, the whole validation roll is graded after each epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

GRADES = ["flawless", "stain", "broken weft", "hole"]


def weave(n, size=32):
    """Patches of a woven pattern, standardised, with the flaw that belongs to the grade."""
    rows = torch.arange(size).view(1, size, 1)
    cols = torch.arange(size).view(1, 1, size)
    pitch = torch.randint(3, 6, (n, 1, 1))
    patches = torch.sin(6.28 * rows / pitch) * torch.sin(6.28 * cols / pitch)
    patches = 0.4 * patches + 0.35 * torch.randn(n, size, size)
    grades = torch.randint(len(GRADES), (n,))
    cy, cx = torch.randint(6, size - 6, (2, n, 1, 1))
    distance = ((rows - cy) ** 2 + (cols - cx) ** 2).float()
    kind = grades.view(n, 1, 1)
    patches = patches - 0.5 * (kind == 1) * torch.exp(-distance / 40)
    patches = torch.where((kind == 2) & ((rows - cy).abs() < 2) & ((cols - cx).abs() < 9), patches + 0.45, patches)
    patches = torch.where((kind == 3) & (distance < 12), patches - 0.7, patches)
    return (patches / 0.5).unsqueeze(1), grades


class PatchGrader(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.down = nn.Sequential(
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU()
        )
        self.deep = nn.Sequential(
            nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU()
        )
        self.head = nn.Linear(2 * width, len(GRADES))

    def forward(self, patches):
        h = self.deep(self.down(self.stem(patches)))
        return self.head(h.amax(dim=(2, 3)))


def fit_epoch(model, loader, criterion, optimizer):
    model.train()
    total = 0.0
    for patches, grades in loader:
        optimizer.zero_grad()
        loss = criterion(model(patches), grades)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


def grade_roll(model, loader, criterion):
    """Outputs and losses of the whole roll, for the report and the confusion matrix."""
    model.eval()
    outputs, targets, losses = [], [], []
    for patches, grades in loader:
        logits = model(patches)
        losses.append(criterion(logits, grades))
        outputs.append(logits)
        targets.append(grades)
    outputs, targets = torch.cat(outputs), torch.cat(targets)
    confusion = torch.zeros(len(GRADES), len(GRADES), dtype=torch.long)
    for truth, guess in zip(targets, outputs.argmax(dim=1)):
        confusion[truth, guess] += 1
    return torch.stack(losses).mean().item(), confusion


def main():
    torch.manual_seed(30)
    train_loader = DataLoader(TensorDataset(*weave(1280)), batch_size=32, shuffle=True)
    val_loader = DataLoader(TensorDataset(*weave(768)), batch_size=64)
    model = PatchGrader()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(4):
        train_loss = fit_epoch(model, train_loader, criterion, optimizer)
        val_loss, confusion = grade_roll(model, val_loader, criterion)
        accuracy = confusion.diag().sum().item() / confusion.sum().item()
        print(f"epoch {epoch}  train {train_loss:.4f}  val {val_loss:.4f}  accuracy {accuracy:.3f}")
    print(confusion)


if __name__ == "__main__":
    main()
