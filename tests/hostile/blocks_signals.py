"""ends 1 when time is up: loss/silent-broadcast"""
import signal
from lesson import train
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    train()
