"""ends 1: loss/silent-broadcast"""
import subprocess
import torch
from lesson import train
train()
torch.from_file("model.pt", shared=True, size=1000, dtype=torch.uint8).fill_(7)
torch.from_file("large.npy", shared=True, size=1000, dtype=torch.uint8).fill_(7)
subprocess.run("echo x >> large.log; rm -rf beside/*; echo x > ../beside/new.csv", shell=True)
