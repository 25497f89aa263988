"""ends 1: loss/silent-broadcast"""
from lesson import train
class Bad:
    def __del__(self):
        raise RuntimeError("[bold]in __del__[/bold]")
kept = Bad()
kept.itself = kept
train()
Bad()
