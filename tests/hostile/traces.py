"""ends 1: loss/silent-broadcast"""
import sys, threading
calls = 0
def trace(frame, event, argument):
    global calls
    calls += 1
    return trace
def hook(kind, error, frames):
    raise RuntimeError("a hook that fails")
from lesson import train
sys.settrace(trace)
threading.settrace(trace)
sys.setprofile(trace)
sys.excepthook = hook
sys.unraisablehook = threading.excepthook = hook
train()
raise ValueError(calls)
