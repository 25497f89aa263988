"""ends 1: loss/silent-broadcast"""
from lesson import train
train()
while True:
    pass
