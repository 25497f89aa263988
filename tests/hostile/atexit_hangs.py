"""ends 1: loss/silent-broadcast"""
import atexit, time
from lesson import train
atexit.register(time.sleep, 98765)
train()
