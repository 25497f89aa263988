"""ends 4 when time is up"""
import os, subprocess, time
subprocess.Popen(["env", "-i", "setsid", "/bin/sh", "-c", "trap '' TERM INT HUP; while :; do /bin/sleep 98765.4321; done"], cwd="/")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.environ.clear()
        time.sleep(98765)
    os._exit(0)
time.sleep(98765)
