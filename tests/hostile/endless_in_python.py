"""ends 1 when time is up: loss/silent-broadcast"""
from lesson import train
train()
while True:
    pass
