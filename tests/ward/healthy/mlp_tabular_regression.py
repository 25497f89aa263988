"""Energy demand of office buildings from 12 survey columns; early stopping keeps the best weights."""

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 17


def survey(n, rng):
    area = rng.lognormal(7.0, 0.6, n)
    floors = rng.integers(1, 12, n)
    year = rng.integers(1930, 2021, n)
    glazing = rng.beta(3, 4, n)
    insulation = np.clip((year - 1930) / 120 + rng.normal(0, 0.15, n), 0, 1)
    people = area / rng.uniform(10, 30, n)
    cooling = rng.random(n) < 0.4
    hours = rng.integers(8, 19, n)
    distractors = rng.normal(size=(n, 4))
    heat = area**0.8 * (1.4 - insulation) * (1 + 0.5 * glazing)
    power = people * hours * 0.3 + cooling * area * (0.2 + 0.5 * glazing)
    demand = np.log(heat + power) + rng.normal(0, 0.05, n)
    columns = [area, floors, year, glazing, insulation, people, cooling, hours]
    return np.column_stack(columns + [distractors]), demand


def standardise(train, *others):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return [(table - mean) / std for table in (train, *others)]


def loader_of(x, y, **kwargs):
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    return DataLoader(TensorDataset(x, y.view(-1, 1)), **kwargs)


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    x_train, y_train = survey(4000, rng)
    x_val, y_val = survey(800, rng)
    x_train, x_val = standardise(x_train, x_val)
    y_train, y_val = standardise(y_train, y_val)
    train_loader = loader_of(x_train, y_train, batch_size=64, shuffle=True)
    val_loader = loader_of(x_val, y_val, batch_size=400)

    model = nn.Sequential(
        nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    best_loss, best_state, patience = float("inf"), None, 4

    for epoch in range(12):
        model.train()
        train_loss = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            train_loss += loss.item() / len(train_loader)

        model.eval()
        with torch.no_grad():
            val_loss = np.mean([criterion(model(x), y).item() for x, y in val_loader])
        print(f"epoch {epoch + 1:2d}: train {train_loss:.4f}, validation {val_loss:.4f}")
        if val_loss < best_loss:
            best_loss, best_state, waited = val_loss, copy.deepcopy(model.state_dict()), 0
        else:
            waited += 1
            if waited == patience:
                print("no gain for a while, stopping")
                break

    model.load_state_dict(best_state)
    print(f"best validation MSE {best_loss:.4f}, R2 {1 - best_loss / y_val.var():.3f}")


if __name__ == "__main__":
    main()
