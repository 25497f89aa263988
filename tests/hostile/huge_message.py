"""ends 1: loss/silent-broadcast"""
from lesson import train
train()
raise ValueError("[red]\u202e</script>\x1b[31m\x00\ud800 " + "x" * 10_000_000)
