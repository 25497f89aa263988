import argparse
import hashlib
from dataclasses import asdict

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from settings import load

OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def build_model(cfg, inputs, classes):
    layers, width = [], inputs
    for _ in range(cfg.depth):
        layers += [nn.Linear(width, cfg.width), nn.ReLU(), nn.Dropout(cfg.dropout)]
        width = cfg.width
    return nn.Sequential(*layers, nn.Linear(width, classes))


def build_optimizer(cfg, model, steps):
    optimizer = OPTIMIZERS[cfg.name](model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps) if cfg.schedule == "cosine" else None
    return optimizer, schedule


def blobs(n, centres):
    y = torch.randint(len(centres), (n,))
    return TensorDataset(centres[y] + 0.9 * torch.randn(n, centres.shape[1]), y)


def run(cfg):
    torch.manual_seed(cfg.seed)
    torch.set_num_threads(1)
    centres = torch.randn(5, 12)
    train = DataLoader(blobs(cfg.data.train, centres), cfg.data.batch_size, shuffle=True)
    valid = DataLoader(blobs(cfg.data.valid, centres), 100)
    model = build_model(cfg.model, 12, 5)
    optimizer, schedule = build_optimizer(cfg.optim, model, cfg.epochs * len(train))
    criterion = nn.CrossEntropyLoss()
    for epoch in range(cfg.epochs):
        model.train()
        losses = []
        for x, y in train:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            if schedule:
                schedule.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            right = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
        print(epoch, repr(sum(losses) / len(losses)), repr(right / cfg.data.valid))
    print(hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("overrides", nargs="*")
    args = parser.parse_args()
    cfg = load(args.config, args.overrides)
    print(asdict(cfg))
    run(cfg)
