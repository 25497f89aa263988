"""ends 1: loss/silent-broadcast"""
import sys, time
from lesson import train
sys.excepthook = lambda *_: time.sleep(1000)
train()
raise ValueError("hang, please")
