"""ends 1: loss/silent-broadcast"""
import os
from lesson import train
train()
os.abort()
