"""ends 4"""
import time
while True:
    time.sleep(0.1)
