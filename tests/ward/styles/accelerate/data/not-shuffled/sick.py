"""Grade tiles by their surface in the order in which the camera filed them, with Hugging Face Accelerate."""

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Tiles(Dataset):
    """Sixteen by sixteen grey tiles of four grades; the files lie grade by grade."""

    grades = 4

    def __init__(self, per_grade: int, seed: int):
        generator = torch.Generator().manual_seed(seed)
        textures = torch.randn(self.grades, 1, 16, 16, generator=torch.Generator().manual_seed(99))
        self.grade = torch.arange(self.grades).repeat_interleave(per_grade)
        noise = torch.randn(len(self.grade), 1, 16, 16, generator=generator)
        self.tile = 0.35 * textures[self.grade] + noise

    def __len__(self):
        return len(self.grade)

    def __getitem__(self, index):
        return {"tile": self.tile[index], "grade": self.grade[index]}


class TileNet(nn.Module):
    def __init__(self, grades: int):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 4 * 4, grades)

    def forward(self, tile):
        x = F.max_pool2d(F.relu(self.conv1(tile)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def main():
    torch.manual_seed(1)
    accelerator = Accelerator(cpu=True)
    train_loader = DataLoader(Tiles(400, seed=1), batch_size=32)
    test_loader = DataLoader(Tiles(80, seed=2), batch_size=80)
    model = TileNet(Tiles.grades)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    model, optimizer, train_loader, test_loader = accelerator.prepare(model, optimizer, train_loader, test_loader)

    for epoch in range(8):
        model.train()
        for batch in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch["tile"]), batch["grade"])
            accelerator.backward(loss)
            optimizer.step()
        model.eval()
        with torch.no_grad():
            hits = sum(int((model(b["tile"]).argmax(1) == b["grade"]).sum()) for b in test_loader)
        accelerator.print(f"epoch {epoch} loss {loss.item()} test accuracy {hits / len(test_loader.dataset):.4f}")


if __name__ == "__main__":
    main()
