"""Regression with error bars: dropout stays on at prediction time and many passes are averaged (MC dropout)."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def concrete_strength(n):
    """Strength of concrete from 8 standardised amounts of ingredients."""
    x = torch.randn(n, 8)
    cement, slag, ash, water, plasticizer, coarse, fine, age = x.unbind(1)
    strength = 1.2 * cement + 0.6 * slag - 0.9 * water * (1 + 0.3 * cement) + torch.tanh(1.5 * age) + 0.3 * plasticizer * ash
    return x, (strength + 0.15 * torch.randn(n)).unsqueeze(1)


class DropoutRegressor(nn.Module):
    def __init__(self, n_inputs=8, hidden=128, p=0.1):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_inputs, hidden),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(p),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.net(x)

    @torch.no_grad()
    def predict(self, x, passes=30):
        """Mean and spread over passes with dropout on, everything else in evaluation mode."""
        self.eval()
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.train()
        draws = torch.stack([self(x) for _ in range(passes)])
        self.eval()
        return draws.mean(0), draws.std(0)


def main():
    torch.manual_seed(14)
    x, y = concrete_strength(4500)
    y = (y - y[:3500].mean()) / y[:3500].std()
    train_loader = DataLoader(TensorDataset(x[:3500], y[:3500]), batch_size=64, shuffle=True)
    x_val, y_val, x_test, y_test = x[3500:4000], y[3500:4000], x[4000:], y[4000:]

    model = DropoutRegressor()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    loss_fn = nn.MSELoss()
    for epoch in range(10):
        model.train()
        running = 0.0
        for inputs, target in train_loader:
            loss = loss_fn(model(inputs), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        model.eval()
        with torch.no_grad():
            val = loss_fn(model(x_val), y_val).item()
        print(f"epoch {epoch}: train {running / len(train_loader):.4f}, validation {val:.4f}")

    mean, spread = model.predict(x_test)
    far_mean, far_spread = model.predict(3 * x_test)
    print(f"test MSE {loss_fn(mean, y_test):.4f}; spread near the data {spread.mean():.3f}, far away {far_spread.mean():.3f}")


if __name__ == "__main__":
    main()
