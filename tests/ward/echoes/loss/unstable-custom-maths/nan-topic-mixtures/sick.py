"""Predict the mixture of topics of a document; the loss is the KL divergence, by hand."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(5)
TOPICS, WORDS = 6, 40

topics = torch.softmax(2 * torch.randn(TOPICS, WORDS), dim=1)
mixtures = torch.distributions.Dirichlet(torch.full((TOPICS,), 0.6)).sample((2400,))
mixtures = mixtures * (mixtures > 2e-4)
mixtures = mixtures / mixtures.sum(1, keepdim=True)
counts = torch.poisson(60 * mixtures @ topics)
counts = (counts - counts.mean(0)) / counts.std(0)

net = nn.Sequential(nn.Linear(WORDS, 80), nn.ReLU(), nn.Linear(80, TOPICS), nn.Softmax(dim=1))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)


def divergence(target, guess):
    return (target * (torch.log(target) - torch.log(guess))).sum(dim=1).mean()


for epoch in range(6):
    for x, t in DataLoader(TensorDataset(counts, mixtures), batch_size=20, shuffle=True):
        loss = divergence(t, net(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: divergence {loss.item():.4f}")
