"""ends 1: loss/silent-broadcast"""
from lesson import train
train()
import no_such_module
