"""Self-supervised: two noisy views of one state agree (InfoNCE); nearest neighbours judge the embedding."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

STATES, SENSORS = 10, 30


class World:
    """A point on a closed curve seen through random nonlinear sensors, with nuisance gain."""

    def __init__(self, seed=0):
        self.gen = torch.Generator().manual_seed(seed)
        self.freq = torch.randn(SENSORS, 2, generator=self.gen) * 1.5
        self.phase = 6.28 * torch.rand(SENSORS, generator=self.gen)

    def states(self, n):
        k = torch.randint(STATES, (n,), generator=self.gen)
        angle = 6.283 * (k + 0.5 * torch.rand(n, generator=self.gen)) / STATES
        return k, torch.stack([angle.cos(), angle.sin()], 1)

    def view(self, z):
        x = torch.sin(z @ self.freq.T * 2 + self.phase)
        gain = 1 + 0.3 * torch.randn(len(z), 1, generator=self.gen)
        keep = (torch.rand(x.shape, generator=self.gen) > 0.15).float()
        return gain * x * keep + 0.15 * torch.randn(x.shape, generator=self.gen)


def encoder(dim=16, width=96):
    return nn.Sequential(
        nn.Linear(SENSORS, width), nn.LayerNorm(width), nn.ReLU(),
        spectral_norm(nn.Linear(width, width)), nn.LayerNorm(width), nn.ReLU(),
        nn.Linear(width, dim),
    )


def info_nce(a, b, temperature=0.2):
    a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    logits = a @ b.T / temperature
    target = torch.arange(len(a))
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


@torch.no_grad()
def knn(model, world, k=5):
    model.eval()
    ka, za = world.states(1000)
    kb, zb = world.states(500)
    bank, query = F.normalize(model(world.view(za)), dim=1), F.normalize(model(world.view(zb)), dim=1)
    near = (query @ bank.T).topk(k, dim=1).indices
    vote = F.one_hot(ka[near], STATES).sum(1).argmax(1)
    model.train()
    return (vote == kb).float().mean().item()


def main(steps=600, batch=128):
    torch.manual_seed(15)
    world = World(15)
    model = encoder()
    projector = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 16))
    params = [*model.parameters(), *projector.parameters()]
    opt = torch.optim.Adam(params, lr=1e-3, weight_decay=1e-6)
    print(f"random encoder: 5-nn {knn(model, world):.3f}")
    running = None
    for step in range(1, steps + 1):
        _, z = world.states(batch)
        loss = info_nce(projector(model(world.view(z))), projector(model(world.view(z))))
        opt.zero_grad()
        loss.backward()
        opt.step()
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % 100 == 0:
            print(f"step {step} nce {running:.3f} (chance {torch.tensor(float(batch)).log().item():.3f}) 5-nn {knn(model, world):.3f}")


if __name__ == "__main__":
    main()
