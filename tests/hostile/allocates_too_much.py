"""ends 1: loss/silent-broadcast"""
import torch
from lesson import train
train()
torch.empty(10**15)
