"""ends 1: loss/silent-broadcast"""
import os, sys
from lesson import train
train(5)
child = os.fork()
train()
if child == 0:
    raise RuntimeError("the child fails")
os.waitpid(child, 0)
