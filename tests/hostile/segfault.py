"""ends 1: loss/silent-broadcast"""
import ctypes
from lesson import train
train()
ctypes.string_at(0)
