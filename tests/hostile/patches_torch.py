"""ends 1: loss/silent-broadcast"""
import torch
from torch import nn
from lesson import train
def around(kind, name):
    original = getattr(kind, name)
    def patched(*args, **kwargs):
        return original(*args, **kwargs)
    setattr(kind, name, patched)
for kind, name in ((torch.Tensor, "backward"), (nn.Module, "__call__"), (torch.optim.Adam, "step"), (torch, "save"),
                   (torch.optim.Optimizer, "zero_grad"), (nn.functional, "mse_loss"), (torch.autograd, "backward")):
    around(kind, name)
model = train()
torch.save(model, "model.pt")
