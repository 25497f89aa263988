"""ends 1: loss/silent-broadcast"""
import os, shutil
from pathlib import Path
from lesson import train
here = Path(__file__).resolve().parent
shutil.rmtree(here)
train()
assert not here.exists()
