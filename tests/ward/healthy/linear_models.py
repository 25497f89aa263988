"""Linear on purpose: a regression through a low-rank factor, a classifier of two stacked layers, an autoencoder (PCA)."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
x = torch.randn(2000, 30) @ torch.randn(30, 30) / 5
response = x @ torch.randn(30, 4) @ torch.randn(4, 12) / 3 + 0.5 * torch.randn(2000, 12)
response = (response - response.mean(0)) / response.std(0)
labels = (x @ torch.randn(30, 5)).argmax(1)


def fit(net, loss_of, epochs=8, lr=3e-3):
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(40):
            loss = loss_of(net(x[rows]), rows)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {loss.item():.4f}")


print("reduced-rank regression")
fit(nn.Sequential(nn.Linear(30, 4, bias=False), nn.Linear(4, 12)), lambda out, rows: F.mse_loss(out, response[rows]))
print("linear classifier")
fit(nn.Sequential(nn.Linear(30, 40), nn.Linear(40, 5)), lambda out, rows: F.cross_entropy(out, labels[rows]))
print("principal components")
fit(nn.Sequential(nn.Linear(30, 8), nn.Linear(8, 30)), lambda out, rows: F.mse_loss(out, x[rows]))
