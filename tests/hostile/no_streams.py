"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
sys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = sys.__stderr__ = None
train()
raise ValueError("unheard")
