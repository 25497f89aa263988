"""ends 4"""
import re
from lesson import train
train(sick=False)
re.match(r"(a+)+$", "a" * 80 + "b")
