"""ends 1: loss/silent-broadcast"""
import os
from lesson import train
train(30)
GARBAGE = (b'{"is":"Iteration"', b'{"is":"Iteration"}\n', b'{"is":[]}\n[1]\n"x"\n', b"\xff\x00{\n",
           b'{"is":"RunEnded"}\n{"is":"ModelSeen","model":"x","parts":3}\n', b'\n{"is":"Stop"}\n')
for descriptor in map(int, os.listdir("/dev/fd")):
    for garbage in GARBAGE:
        try:
            os.write(descriptor, garbage)
        except OSError:
            pass
train()
