"""ends 1: loss/silent-broadcast"""
import os, sys
from lesson import train
os.mkdir("inner")
os.chdir("inner")
os.rmdir("../inner")
sys.path.clear()
sys.argv.clear()
os.environ.clear()
os.umask(0o777)
train()
exec(compile("from lesson import train\ntrain(5)", "relative.py", "exec"), {})
