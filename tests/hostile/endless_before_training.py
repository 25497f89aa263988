"""ends 4 when time is up"""
import time
while True:
    time.sleep(0.1)
