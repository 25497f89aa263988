"""Model-agnostic meta-learning on sine waves of random height and phase."""
import math

import torch
import torch.nn.functional as F
from torch.func import functional_call

INNER_LR, SHOTS, TASKS, STEPS = 0.05, 10, 6, 400


class Waves:
    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(seed)

    def task(self):
        height = 0.4 + 1.2 * torch.rand(1, generator=self.g)
        phase = math.pi * torch.rand(1, generator=self.g)

        def points(n):
            x = 4 * torch.rand(n, 1, generator=self.g) - 2
            return x, height * torch.sin(2 * x + phase)

        return points(SHOTS), points(SHOTS)


def regressor():
    return torch.nn.Sequential(
        torch.nn.Linear(1, 40), torch.nn.Tanh(),
        torch.nn.Linear(40, 40), torch.nn.Tanh(),
        torch.nn.Linear(40, 1),
    )


def adapt(model, weights, support, steps, second_order):
    for _ in range(steps):
        loss = F.mse_loss(functional_call(model, weights, support[0]), support[1])
        grads = torch.autograd.grad(loss, list(weights.values()), create_graph=second_order)
        weights = {k: w - INNER_LR * g for (k, w), g in zip(weights.items(), grads)}
    return weights


def evaluate(model, waves, n_tasks=20):
    before = after = 0.0
    for _ in range(n_tasks):
        support, query = waves.task()
        weights = dict(model.named_parameters())
        tuned = adapt(model, weights, support, steps=5, second_order=False)
        with torch.no_grad():
            before += F.mse_loss(functional_call(model, weights, query[0]), query[1]).item() / n_tasks
            after += F.mse_loss(functional_call(model, tuned, query[0]), query[1]).item() / n_tasks
    return before, after


def main():
    torch.manual_seed(100)
    model = regressor()
    meta = torch.optim.Adam(model.parameters(), lr=4e-3)
    train, test = Waves(1), Waves(2)
    running = 0.0
    for step in range(1, STEPS + 1):
        weights = dict(model.named_parameters())
        losses = []
        for _ in range(TASKS):
            support, query = train.task()
            tuned = adapt(model, weights, support, steps=1, second_order=True)
            losses.append(F.mse_loss(functional_call(model, tuned, query[0]), query[1]))
        loss = torch.stack(losses).mean()
        meta.zero_grad()
        loss.backward()
        meta.step()
        running += loss.item()
        if step % 50 == 0:
            before, after = evaluate(model, test)
            print(f"meta step {step}: query loss {running / 50:.4f} | new tasks: before {before:.4f} after 5 steps {after:.4f}")
            running = 0.0


if __name__ == "__main__":
    main()
