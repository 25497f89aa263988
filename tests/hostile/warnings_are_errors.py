"""ends 1: loss/silent-broadcast"""
import warnings
warnings.simplefilter("error")
from lesson import train
train()
