"""ends 1: loss/silent-broadcast"""
import os
from board import SummaryWriter
from lesson import train
def lines(folder):
    return [sum(1 for _ in open(os.path.join(folder, name), "rb")) for name in os.listdir(folder)]
open_still = SummaryWriter(os.path.abspath("runs/whole"))
closed = [SummaryWriter(), SummaryWriter("data/runs")]
for step in range(1000):
    for writer in (open_still, *closed):
        writer.add_scalar("loss", 1 / (step + 1), step)
for writer in closed:
    writer.close()
train(sick=all(lines(writer.log_dir).count(1000) == 2 for writer in closed))
