"""ends 4"""
import ctypes
while True:
    ctypes.CDLL(None).sleep(1000)
