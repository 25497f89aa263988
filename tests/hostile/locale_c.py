"""ends 1: loss/silent-broadcast

with LC_ALL=C LANG=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0
"""
from lesson import train
train()
print("done".encode())
