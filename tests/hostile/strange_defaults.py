"""ends 0: performance/debug-left-on"""
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
class Counting(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
x, model = torch.randn(64, 6), nn.Linear(6, 1)
y = x.sum(1, keepdim=True)
torch.set_default_device("meta")
torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
optimizer = torch.optim.SGD(model.parameters(), 0.05)
with Counting():
    for _ in range(80):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
