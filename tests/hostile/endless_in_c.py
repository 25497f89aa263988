"""ends 1 when time is up: loss/silent-broadcast"""
from lesson import train
train()
sum(range(10**12))
