"""ends 1: loss/silent-broadcast"""
import mmap, os, pathlib, shutil, sqlite3, subprocess
import numpy
import torch
from lesson import train
model = train()
torch.save(model.state_dict(), "model.pt")
torch.save(model.state_dict(), pathlib.Path("data") / "new.pt")
pathlib.Path("log.txt").write_text("replaced")
with open("link.txt", "a") as log:
    log.write("through a link\n")
with open("large.log", "a") as log:
    log.write("more\n")
subprocess.run("echo x >> log.txt; echo x >> link.txt; mkdir -p runs/1; echo x > runs/1/events", shell=True, check=True)
base = sqlite3.connect("runs.db")
base.execute("insert into runs values (0.5)")
base.commit()
base.close()
array = numpy.memmap("large.npy", dtype="u1", mode="r+")
array[:100] = 7
array.flush()
with open("data/a.csv", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
    mapped[:1] = b"X"
shutil.move("data/deep", "moved")
pathlib.Path("data/a.csv").rename("data/c.csv")
open("fresh.txt", "w").write("fresh")
os.replace("fresh.txt", ".hidden")
os.chdir("beside")
open("c.csv", "a").write("in a linked folder\n")
os.remove("c.csv")
os.symlink("nowhere", "broken")
