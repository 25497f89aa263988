"""Regression of a chaotic map two steps ahead; stops early, saves, and goes on from its own checkpoint."""
import copy
import os
import tempfile
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Options:
    lags: int = 6
    hidden: int = 32
    lr: float = 3e-3
    batch: int = 64
    first_epochs: int = 10
    total_epochs: int = 40
    patience: int = 6


def henon(n, rng):
    out = np.empty(n)
    x, y = 0.1 * rng.normal(size=2)
    for i in range(n):
        x, y = 1 - 1.35 * x * x + y, 0.3 * x
        out[i] = x
    return out + 0.01 * rng.normal(size=n)


def supervised(series, lags):
    x = np.lib.stride_tricks.sliding_window_view(series[:-2], lags)
    y = series[lags + 1:]
    return torch.tensor(x.copy(), dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def build(opt):
    model = nn.Sequential(
        nn.Linear(opt.lags, opt.hidden), nn.GELU(),
        nn.Linear(opt.hidden, opt.hidden), nn.GELU(),
        nn.Linear(opt.hidden, 1), nn.Flatten(0),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=opt.lr)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    return model, optimizer, scheduler


def save(path, epoch, model, optimizer, scheduler, opt):
    torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict(),
                "scheduler": scheduler.state_dict(), "options": asdict(opt)}, path)


def load(path):
    state = torch.load(path, weights_only=True)
    opt = Options(**state["options"])
    model, optimizer, scheduler = build(opt)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    return state["epoch"], model, optimizer, scheduler, opt


def epochs(first, last, model, optimizer, scheduler, loader, val, opt):
    best, best_state, bad = float("inf"), None, 0
    loss_fn = nn.MSELoss()
    for epoch in range(first, last):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            v = loss_fn(model(val[0]), val[1]).item()
        scheduler.step(v)
        print(f"epoch {epoch:2d} train {total / len(loader):.5f} val {v:.5f} lr {optimizer.param_groups[0]['lr']:.1e}")
        if v < best - 1e-6:
            best, best_state, bad = v, copy.deepcopy(model.state_dict()), 0
        else:
            bad += 1
            if bad >= opt.patience:
                print("no better for", bad, "epochs, stopping")
                break
    return best, best_state


def main():
    torch.manual_seed(19)
    rng = np.random.default_rng(19)
    opt = Options()
    series = henon(5500, rng)
    mean, std = series[:4500].mean(), series[:4500].std()
    series = (series - mean) / std
    loader = DataLoader(TensorDataset(*supervised(series[:4500], opt.lags)), batch_size=opt.batch, shuffle=True)
    val = supervised(series[4500:], opt.lags)
    model, optimizer, scheduler = build(opt)
    epochs(0, opt.first_epochs, model, optimizer, scheduler, loader, val, opt)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "last.pt")
        save(path, opt.first_epochs, model, optimizer, scheduler, opt)
        epoch, model, optimizer, scheduler, opt = load(path)
    print("resumed at epoch", epoch)
    best, state = epochs(epoch, opt.total_epochs, model, optimizer, scheduler, loader, val, opt)
    model.load_state_dict(state)
    print(f"best val mse {best:.5f} (variance 1.0)")


if __name__ == "__main__":
    main()
