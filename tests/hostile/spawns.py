"""ends 1: loss/silent-broadcast"""
import torch.multiprocessing as mp
from lesson import train
def rank(number):
    train(5)
    raise SystemExit(number)
if __name__ == "__main__":
    train()
    started = [mp.get_context(kind).Process(target=rank, args=(3,)) for kind in ("spawn", "fork", "forkserver")]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert process.exitcode == 3, process
