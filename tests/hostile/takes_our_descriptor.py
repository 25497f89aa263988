"""ends 1: loss/silent-broadcast"""
import os
from lesson import train
train()
os.closerange(0, 4096)
own = os.open("own.log", os.O_WRONLY | os.O_CREAT)
for number in range(3, 400):
    os.dup2(own, number)
train()
assert os.path.getsize("own.log") == 0
