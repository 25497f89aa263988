"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
assert sys.stdin.read() == ""
train()
input("Continue? ")
