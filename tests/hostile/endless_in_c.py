"""ends 1: loss/silent-broadcast"""
from lesson import train
train()
sum(range(10**12))
