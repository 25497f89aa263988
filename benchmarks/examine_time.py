"""What an examination takes beside the script alone: five healthy programs of the ward, in turn bare and examined.

The examination only watches: these programs give it no reason for an experiment. Both sides run in a copy of their
own; the start-up (two interpreters, torch, the rules) is measured on a script of a single step and told apart.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = (
    "healthy/cnn_batchnorm.py",
    "healthy/tied_transformer_lm.py",
    "healthy/resnet_sgd_cosine.py",
    "healthy/gru_sequence_classifier.py",
    "healthy/unet_segmentation.py",
)
ONE_STEP = "import torch\nmodel = torch.nn.Linear(2, 1)\nmodel(torch.ones(4, 2)).mean().backward()\n"


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of one command; a failure ends the benchmark, since it would measure something else."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode not in (0, 3):
        sys.exit(done.stdout + done.stderr)
    return took


def measured(source: str, rounds: int) -> tuple[float, float]:
    """Medians of the script alone and of its examination."""
    bare, examined = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.py").write_text(source)
        for _ in range(rounds):
            bare.append(seconds([sys.executable, "train.py"], folder))
            command = [sys.executable, "-m", "nndoctor", "examine", "train.py", "--quiet", "--full"]
            examined.append(seconds(command, folder))
    return statistics.median(bare), statistics.median(examined)


def main() -> None:
    """Prints a line a program, and one line of JSON at the end."""
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    bare_start, start = measured(ONE_STEP, rounds)
    ratios = {}
    for program in PROGRAMS:
        bare, examined = measured((ROOT / "tests" / "ward" / program).read_text(), rounds)
        ratios[Path(program).stem] = round((examined - start) / (bare - bare_start), 3)
        print(f"{program}: alone {bare:.1f} s, examined {examined:.1f} s, of which start-up {start:.1f} s")
    print(json.dumps({"figure": "examine_time", "ratio": ratios, "start_up_seconds": round(start - bare_start, 2)}))


if __name__ == "__main__":
    main()
