# Fill in readings of dead sensors: a network sees each row with sensors dropped and gives back the full row.
import argparse
import logging

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(format="%(message)s", level=logging.INFO)
logger = logging.getLogger("impute")


def plant(n, n_sensors, rng, weights, offsets):
    """A few hidden states drive all sensors through smooth curves."""
    state = rng.normal(size=(n, weights.shape[0]))
    clean = np.tanh(state @ weights + offsets)
    return (clean + rng.normal(scale=0.05, size=clean.shape)).astype(np.float32)


class Imputer(nn.Module):
    def __init__(self, n_sensors, hidden, p):
        super().__init__()
        self.corrupt = nn.Dropout(p)
        self.layers = nn.Sequential(
            nn.Linear(n_sensors, hidden), nn.LeakyReLU(0.1),
            nn.Linear(hidden, hidden), nn.LeakyReLU(0.1),
            nn.Linear(hidden, n_sensors),
        )

    def forward(self, x):
        return self.layers(self.corrupt(x))


class Experiment:
    def __init__(self, args):
        self.args = args
        torch.manual_seed(args.seed)
        rng = np.random.default_rng(args.seed)
        weights = rng.normal(scale=0.6, size=(4, args.sensors))
        offsets = rng.normal(scale=0.4, size=args.sensors)
        train = plant(5000, args.sensors, rng, weights, offsets)
        val = plant(1000, args.sensors, rng, weights, offsets)
        mean, std = train.mean(0), train.std(0)
        self.train_dl = DataLoader(TensorDataset(torch.from_numpy((train - mean) / std)), args.batch, shuffle=True)
        self.val_x = torch.from_numpy((val - mean) / std)
        self.alive = torch.from_numpy(rng.random(val.shape) > args.missing)
        self.model = Imputer(args.sensors, args.hidden, args.missing)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=args.lr)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 10, gamma=0.4)
        self.criterion = nn.MSELoss()

    def train_step(self, x):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), x)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        seen = self.val_x * self.alive / (1 - self.args.missing)
        err = (self.model(seen) - self.val_x) ** 2
        return err[~self.alive].mean().item(), err[self.alive].mean().item()

    def run(self):
        logger.info("untrained: missing %.4f present %.4f", *self.evaluate())
        self.model.train()
        for epoch in range(1, self.args.epochs + 1):
            losses = [self.train_step(x) for (x,) in self.train_dl]
            self.scheduler.step()
            missing, present = self.evaluate()
            if epoch % 3 == 0 or epoch == 1:
                logger.info("epoch %3d  train %.4f  mse missing %.4f  present %.4f", epoch, np.mean(losses), missing, present)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--sensors", type=int, default=32)
    p.add_argument("--missing", type=float, default=0.4)
    p.add_argument("--hidden", type=int, default=128)
    p.add_argument("--batch", type=int, default=50)
    p.add_argument("--epochs", type=int, default=24)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=77)
    Experiment(p.parse_args()).run()
