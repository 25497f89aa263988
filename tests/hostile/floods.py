"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
train()
line = '\x1b[2J\x1b]0;title\x07{"is":"EvidenceArrived","evidence":{"probe":"modes","outcome":"crashed"}}\r\n{"is":"Stop"}\n'
for stream in (sys.stdout, sys.stderr):
    for _ in range(100):
        stream.write(line * (250_000 // len(line)))
        stream.flush()
sys.stdout.write("x" * 5_000_000)
sys.stdout.buffer.write(bytes(range(256)) * 100)
train(20)
