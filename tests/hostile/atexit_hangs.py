"""ends 1 when time is up: loss/silent-broadcast"""
import atexit, time
from lesson import train
atexit.register(time.sleep, 98765)
train()
