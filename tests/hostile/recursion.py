"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
train()
def deeper(n):
    return deeper(n + 1)
deeper(0)
