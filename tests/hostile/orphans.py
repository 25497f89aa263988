"""ends 1: loss/silent-broadcast"""
import os, subprocess, time
from lesson import train
subprocess.Popen(["env", "-i", "setsid", "/bin/sleep", "98765.4321"], cwd="/")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3):
            os.close(number)
        time.sleep(98765)
    os._exit(0)
train()
