"""ends 1: loss/silent-broadcast"""
import resource
from lesson import train
train()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000,) * 2)
kept = []
while True:
    kept.append(bytearray(10_000_000))
