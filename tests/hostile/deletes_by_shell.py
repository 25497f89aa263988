"""ends 1: loss/silent-broadcast"""
import subprocess
from lesson import train
subprocess.run("rm -rf * .hidden", shell=True, check=True)
train()
