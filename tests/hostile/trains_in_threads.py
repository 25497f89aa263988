"""ends 3"""
import threading
from lesson import train
threads = [threading.Thread(target=train) for _ in range(3)]
for thread in threads:
    thread.start()
