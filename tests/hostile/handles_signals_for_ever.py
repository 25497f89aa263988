"""ends 1 when time is up: loss/silent-broadcast"""
import signal, time
from lesson import train
def saving(*_):
    print("saving a checkpoint", flush=True)
    time.sleep(1000)
signal.signal(signal.SIGTERM, saving)
signal.signal(signal.SIGUSR1, saving)
while True:
    train()
