"""ends 1: loss/silent-broadcast"""
import sys
from lesson import train
for name in [name for name in sys.modules if not name.startswith(("torch", "numpy", "_", "sys", "builtins", "warnings", "inspect", "typing"))]:
    del sys.modules[name]
train()
