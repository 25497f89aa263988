"""ends 1 when time is up: loss/silent-broadcast"""
import threading, time
from lesson import train
threading.Thread(target=time.sleep, args=(98765,)).start()
train()
