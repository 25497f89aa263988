"""ends 1: loss/silent-broadcast"""
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
from lesson import train
kept = []
try:
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
train()
