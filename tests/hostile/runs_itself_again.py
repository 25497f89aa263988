"""ends 3"""
import os, sys
from lesson import train
if "again" not in sys.argv:
    os.execv(sys.executable, [sys.executable, __file__, "again"])
train()
