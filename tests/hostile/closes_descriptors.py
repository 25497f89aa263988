"""ends 1: loss/silent-broadcast"""
import os
from lesson import train
os.closerange(0, 4096)
train()
