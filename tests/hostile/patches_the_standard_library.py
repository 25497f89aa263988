"""ends 1: loss/silent-broadcast"""
import builtins, json, os, time
from lesson import train
train(5)
json.dumps = json.loads = os.write = os.fstat = os.getpid = time.monotonic = time.perf_counter = None
os.path.abspath = os.readlink = None
train()
builtins.open = builtins.print = None
