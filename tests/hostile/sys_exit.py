"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
train()
sys.exit("enough")
