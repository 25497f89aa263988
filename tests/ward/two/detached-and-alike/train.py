"""Two views of a molecule, joined: predict its solubility."""

import torch
import torch.nn.functional as F
from torch import nn


class TwoViews(nn.Module):
    def __init__(self):
        super().__init__()
        self.atoms = nn.Sequential(nn.Linear(14, 40), nn.ReLU(), nn.Linear(40, 24), nn.ReLU())
        self.bonds = nn.Sequential(nn.Linear(10, 40), nn.ReLU(), nn.Linear(40, 24), nn.ReLU())
        self.join = nn.Sequential(nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 1))
        for layer in self.join:
            if isinstance(layer, nn.Linear):
                nn.init.constant_(layer.weight, 0.05)
                nn.init.zeros_(layer.bias)

    def forward(self, atoms, bonds):
        seen = self.atoms(atoms)
        linked = torch.tensor(self.bonds(bonds).tolist())
        return self.join(torch.cat([seen, linked], dim=1)).squeeze(1)


def molecules(count):
    atoms, bonds = torch.randn(count, 14), torch.randn(count, 10)
    return atoms, bonds, torch.sin(atoms[:, 0]) + bonds[:, 0] * bonds[:, 1] - 0.5 * atoms[:, 3]


def main():
    torch.manual_seed(7)
    atoms, bonds, soluble = molecules(2000)
    model = TwoViews()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(6):
        for rows in torch.randperm(2000).split(40):
            loss = F.mse_loss(model(atoms[rows], bonds[rows]), soluble[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"{epoch}: {loss.item():.4f}")


main()
