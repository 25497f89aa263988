"""ends 1 when time is up: loss/silent-broadcast"""
import sys, time
from lesson import train
sys.excepthook = lambda *_: time.sleep(1000)
train()
raise ValueError("hang, please")
