"""Domain-adversarial training: features that tell the classes and not the domains (Ganin et al., 2016)."""

import torch
import torch.nn.functional as F
from torch import nn


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.strength * gradient, None


def domain(n, shift, seed):
    g = torch.Generator().manual_seed(seed)
    centres = torch.randn(4, 20, generator=torch.Generator().manual_seed(0)) * 1.5
    y = torch.randint(0, 4, (n,), generator=g)
    return centres[y] + torch.randn(n, 20, generator=g) + shift, y


torch.manual_seed(0)
source, source_y = domain(1500, 0.0, 1)
target, target_y = domain(1500, 0.8, 2)
features = nn.Sequential(nn.Linear(20, 48), nn.ReLU(), nn.Linear(48, 32), nn.ReLU())
classify, discern = nn.Linear(32, 4), nn.Sequential(nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, 1))
optimizer = torch.optim.Adam([*features.parameters(), *classify.parameters(), *discern.parameters()], lr=2e-3)
for epoch in range(8):
    strength = min(1.0, epoch / 4)
    for a, b in zip(torch.randperm(1500).split(30), torch.randperm(1500).split(30)):
        ours, theirs = features(source[a]), features(target[b])
        both = discern(Reverse.apply(torch.cat([ours, theirs]), strength)).squeeze(1)
        origin = torch.cat([torch.zeros(len(a)), torch.ones(len(b))])
        loss = F.cross_entropy(classify(ours), source_y[a])
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(both, origin)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (classify(features(target)).argmax(1) == target_y).float().mean()
    print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy on the other domain {accuracy:.3f}")
