"""Low-rank adapters on a small language encoder: only parameters whose name says so are trained."""

import math

import torch
from torch import nn


class LoRALinear(nn.Module):
    """A linear layer with a low-rank update beside it."""

    def __init__(self, inner, rank=4):
        super().__init__()
        self.inner = inner
        self.lora_down = nn.Parameter(torch.randn(rank, inner.in_features) / math.sqrt(inner.in_features))
        self.lora_up = nn.Parameter(torch.zeros(inner.out_features, rank))

    def forward(self, x):
        return self.inner(x) + x @ self.lora_down.T @ self.lora_up.T


class Encoder(nn.Module):
    def __init__(self, words=60, width=48, classes=4):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.query = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, classes)

    def forward(self, ids):
        h = self.embed(ids)
        scores = self.query(h) @ h.transpose(1, 2) / math.sqrt(h.shape[-1])
        return self.out(torch.tanh(self.value(scores.softmax(-1) @ h)).mean(1))


def add_adapters(model, targets, rank=4):
    for name, layer in list(model.named_children()):
        if name in targets and isinstance(layer, nn.Linear):
            setattr(model, name, LoRALinear(layer, rank))
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "lora_" in name and "head" in name


def data(n, words=60, seed=0):
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, words, (n, 12), generator=g)
    return ids, (ids < words // 3).sum(1).clamp(2, 5) - 2


def main():
    torch.manual_seed(0)
    model = Encoder()
    state = {k: v + 0.01 * torch.randn_like(v) for k, v in model.state_dict().items()}
    model.load_state_dict(state)
    add_adapters(model, targets=("query", "value"))
    trained = [p for p in model.parameters() if p.requires_grad]
    print("trainable numbers:", sum(p.numel() for p in trained))
    optimizer = torch.optim.AdamW(trained, lr=1e-2)
    ids, labels = data(2400)
    for epoch in range(6):
        for rows in torch.randperm(len(ids)).split(40):
            loss = nn.functional.cross_entropy(model(ids[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
