"""ends 1: loss/silent-broadcast"""
import os
from lesson import train
os.umask(0o777)
os.makedirs("out/deep", mode=0o700)
os.chmod("out", 0)
for name in os.listdir():
    os.chmod(name, 0)
train()
os.chmod(".", 0)
