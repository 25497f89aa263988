"""ends 4 when time is up"""
import ctypes
while True:
    ctypes.CDLL(None).sleep(1000)
