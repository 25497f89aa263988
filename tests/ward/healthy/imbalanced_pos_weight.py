"""Card fraud, one payment in twenty-five: BCEWithLogitsLoss with pos_weight, judged by average precision."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

N, FEATURES, SHARE = 9000, 18, 0.04


def payments(rng):
    fraud = rng.random(N) < SHARE
    x = rng.normal(size=(N, FEATURES))
    pattern = rng.integers(0, 3, N)
    x[fraud & (pattern == 0), :4] += 1.7
    x[fraud & (pattern == 1), 4:7] -= 2.0
    x[fraud & (pattern == 2), 7] += 3.0
    x[fraud & (pattern == 2), 8] -= 2.0
    return x.astype(np.float32), fraud.astype(np.float32)


def average_precision(score, label):
    label = label[np.argsort(-score)]
    precision = np.cumsum(label) / np.arange(1, len(label) + 1)
    return (precision * label).sum() / label.sum()


def main():
    torch.manual_seed(31)
    x, y = payments(np.random.default_rng(31))
    n_train = 7000
    mean, std = x[:n_train].mean(0), x[:n_train].std(0)
    x = torch.from_numpy((x - mean) / std)
    y = torch.from_numpy(y)
    loader = DataLoader(TensorDataset(x[:n_train], y[:n_train]), batch_size=128, shuffle=True)
    x_test, y_test = x[n_train:], y[n_train:]

    positives = y[:n_train].sum()
    pos_weight = (n_train - positives) / positives
    print(f"{int(positives)} frauds among {n_train}, pos_weight {pos_weight:.1f}")

    net = nn.Sequential(
        nn.Linear(FEATURES, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0)
    )
    criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-4)

    for epoch in range(7):
        net.train()
        train_loss = 0.0
        for features, target in loader:
            optimizer.zero_grad()
            loss = criterion(net(features), target)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()

        net.eval()
        with torch.no_grad():
            logits = net(x_test)
            test_loss = criterion(logits, y_test).item()
        caught = (logits > 0)[y_test == 1].float().mean().item()
        false_alarms = (logits > 0)[y_test == 0].float().mean().item()
        print(
            f"epoch {epoch}: train {train_loss / len(loader):.4f} test {test_loss:.4f} "
            f"AP {average_precision(logits.numpy(), y_test.numpy()):.3f} "
            f"caught {caught:.2f} false alarms {false_alarms:.2f}"
        )


if __name__ == "__main__":
    main()
