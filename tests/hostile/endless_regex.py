"""ends 4 when time is up"""
import re
from lesson import train
train(sick=False)
re.match(r"(a+)+$", "a" * 80 + "b")
