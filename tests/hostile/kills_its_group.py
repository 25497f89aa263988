"""ends 1: loss/silent-broadcast"""
import os, signal
from lesson import train
train()
os.killpg(0, signal.SIGKILL)
