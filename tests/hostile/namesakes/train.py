"""ends 1: loss/silent-broadcast"""
import nndoctor
assert nndoctor.OURS is False
from lesson import train
train()
