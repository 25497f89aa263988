"""ends 0"""
import torch
from lesson import train
model = train(sick=False)
class Leaving(BaseException):
    pass
def leave(*_):
    raise Leaving
model.register_forward_hook(leave)
model(torch.randn(2, 6))
