"""ends 0"""
import torch
from torch import nn
class Strange(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 1)
        self.kept = self.__dict__
    def __eq__(self, other):
        raise RuntimeError("never compare me")
    __hash__ = nn.Module.__hash__
    def __repr__(self):
        raise RuntimeError("never show me")
    def __len__(self):
        raise RuntimeError("never count me")
    def __bool__(self):
        raise RuntimeError("never ask me")
    def forward(self, x, *, own):
        result = {"out": self.inner(x), "own": own}
        result["cycle"] = [result["own"]]
        result["cycle"].append(result["cycle"])
        return result
torch.manual_seed(0)
model = Strange()
optimizer = torch.optim.SGD(model.parameters(), 0.05)
for _ in range(80):
    x = torch.randn(32, 6)
    loss = nn.functional.mse_loss(model(x, own=model)["out"], x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
