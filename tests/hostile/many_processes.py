"""ends 1: loss/silent-broadcast"""
import os, time
from lesson import train
train()
for _ in range(60):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(98765)
        os._exit(0)
