"""ends 1: loss/silent-broadcast"""
import resource
from lesson import train
train(20)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
train()
with open("full.bin", "wb") as file:
    file.write(b"x" * 100_000)
