"""ends 1: loss/silent-broadcast"""
import os, sys
from pathlib import Path
from lesson import train
train()
here = Path(__file__).parent.resolve()
(here / "log.txt").write_text("beside the script")
Path(os.environ["PWD"], "log.txt").write_text("in the directory")
Path(os.path.abspath("log.txt")).write_text("again")
