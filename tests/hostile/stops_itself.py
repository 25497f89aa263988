"""ends 1 when time is up: loss/silent-broadcast"""
import os, signal
from lesson import train
train()
os.kill(os.getpid(), signal.SIGSTOP)
