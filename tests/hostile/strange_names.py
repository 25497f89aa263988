"""ends 1: loss/silent-broadcast"""
import torch
from torch import nn
NAME = "[bold red]</script>\u202e\x1b[31m\r\n\x00\u2028 层 \ud800"
KIND = NAME.replace("\x00", "").replace("\ud800", "")
Strange = type(KIND, (nn.Module,), {"forward": lambda self, x: self._modules[NAME](x)})
torch.manual_seed(0)
model = Strange()
model._modules[NAME] = nn.Linear(6, 1)
optimizer = type("Opt" + KIND, (torch.optim.SGD,), {})(model.parameters(), 0.05)
for _ in range(60):
    x = torch.randn(32, 6)
    loss = ((model(x) - x.sum(1)) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
raise type(KIND, (Exception,), {})(NAME)
