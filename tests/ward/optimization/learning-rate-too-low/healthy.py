"""Fault classification of a rotating machine from 24 vibration features."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Config:
    n_samples: int = 4000
    n_features: int = 24
    n_classes: int = 6
    hidden: int = 96
    batch_size: int = 64
    epochs: int = 8
    lr: float = 2e-2
    momentum: float = 0.9
    weight_decay: float = 1e-4


def build_dataset(cfg):
    centres = torch.randn(cfg.n_classes, 3, cfg.n_features) * 0.9
    labels = torch.randint(cfg.n_classes, (cfg.n_samples,))
    regime = torch.randint(3, (cfg.n_samples,))
    features = centres[labels, regime] + torch.randn(cfg.n_samples, cfg.n_features)
    return features, labels


def build_model(cfg):
    return nn.Sequential(
        nn.Linear(cfg.n_features, cfg.hidden),
        nn.ReLU(),
        nn.Linear(cfg.hidden, cfg.hidden),
        nn.ReLU(),
        nn.Linear(cfg.hidden, cfg.n_classes),
    )


class Trainer:
    def __init__(self, model, train_set, val_set, cfg):
        self.model = model
        self.cfg = cfg
        self.train_loader = DataLoader(train_set, batch_size=cfg.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(val_set, batch_size=256)
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(
            model.parameters(), lr=cfg.lr, momentum=cfg.momentum, weight_decay=cfg.weight_decay
        )
        self.history = []

    def train_epoch(self):
        self.model.train()
        total = 0.0
        for features, labels in self.train_loader:
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss_fn(self.model(features), labels)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(self.train_loader)

    @torch.no_grad()
    def validate(self):
        self.model.eval()
        loss, hits, seen = 0.0, 0, 0
        for features, labels in self.val_loader:
            logits = self.model(features)
            loss += self.loss_fn(logits, labels).item() * len(labels)
            hits += (logits.argmax(dim=1) == labels).sum().item()
            seen += len(labels)
        return loss / seen, hits / seen

    def fit(self):
        for epoch in range(1, self.cfg.epochs + 1):
            train_loss = self.train_epoch()
            val_loss, val_acc = self.validate()
            self.history.append((train_loss, val_loss, val_acc))
            print(f"[{epoch:02d}/{self.cfg.epochs}] train {train_loss:.4f} | val {val_loss:.4f} | acc {val_acc:.3f}")


def main():
    cfg = Config()
    features, labels = build_dataset(cfg)
    n_val = cfg.n_samples // 5
    train_set, val_set = random_split(TensorDataset(features, labels), [cfg.n_samples - n_val, n_val])

    train_features = features[train_set.indices]
    mean, std = train_features.mean(0), train_features.std(0)
    features.sub_(mean).div_(std)

    trainer = Trainer(build_model(cfg), train_set, val_set, cfg)
    trainer.fit()


if __name__ == "__main__":
    main()
