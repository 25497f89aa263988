"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
class Broken:
    def write(self, text):
        raise RuntimeError("no writing")
    def flush(self):
        raise KeyError("no flushing")
train()
sys.stdout.close()
sys.stdout, sys.stderr = Broken(), Broken()
raise ValueError("unheard")
