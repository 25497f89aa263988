"""ends 1: loss/silent-broadcast"""
from lesson import train
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")
    __repr__ = __str__
train()
raise Unspeakable
