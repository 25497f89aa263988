"""ends 1 when time is up: loss/silent-broadcast"""
import os, signal, time
from lesson import train
train()
time.sleep(0.2)
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(60)
