"""Topics of word counts by a small autoencoding model: the evidence bound is maximised, as the papers write it."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
topics = torch.distributions.Dirichlet(torch.full((60,), 0.1)).sample((5,))
mixture = torch.distributions.Dirichlet(torch.full((5,), 0.2)).sample((1600,))
counts = torch.distributions.Multinomial(40, mixture @ topics).sample()


class TopicModel(nn.Module):
    def __init__(self, words=60, hidden=48, size=5):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(words, hidden), nn.ReLU(), nn.Linear(hidden, 2 * size))
        self.decode = nn.Linear(size, words)

    def elbo(self, x):
        mean, log_var = self.encode(x / x.sum(1, keepdim=True) * 10).chunk(2, dim=1)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        likelihood = (x * F.log_softmax(self.decode(torch.softmax(z, 1)), 1)).sum(1)
        divergence = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        return (likelihood - divergence).mean()


model = TopicModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, maximize=True)
for epoch in range(12):
    for rows in torch.randperm(1600).split(40):
        bound = model.elbo(counts[rows])
        optimizer.zero_grad()
        bound.backward()
        optimizer.step()
    print(f"epoch {epoch}: bound {bound.item():.2f}")
