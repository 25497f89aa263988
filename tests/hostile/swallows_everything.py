"""ends 1: loss/silent-broadcast"""
from lesson import train
while True:
    try:
        train()
    except BaseException:
        continue
