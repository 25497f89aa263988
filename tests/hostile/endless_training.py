"""ends 1 when time is up: loss/silent-broadcast"""
from lesson import train
while True:
    train()
