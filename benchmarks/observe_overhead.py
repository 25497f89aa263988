"""What watching costs a training step: observed against bare, on an MLP, a ResNet-like CNN and a small GPT.

Both sides are the very same training in the same process, with the tap's hooks put in and taken out again: where
tensors happen to lie in memory made two equal processes differ by 5 %. They take turns, a block of steps each, in
random order; a block is a multiple of the watching's own period, so that closely watched steps are paid for in full.
The watching's own clock stands still meanwhile, lest it take the bare blocks for time of which it may spend its share.
On the CPU it is the processor's time of this process that is compared, not the clock's: waits for a processor that
others use are not in it, but that they empty the caches is. Both sides bear that, the watching more than its share:
hardly anything of its code is still in a cache when a step of some milliseconds is over. So quiet machines tell lower
ratios. Beside it: the bare blocks among themselves (the noise: what a ratio of equals comes to), and
`set_detect_anomaly`. `tiny` is the worst case.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIANTS = ("bare", "observed", "bare again", "detect_anomaly")
WARM_SECONDS, WARM_STEPS = 25.0, 20
"""A second of close looks is granted to every run, however short (`cost.GRACE`): it is spent by then."""
BLOCK = {"mlp": 66, "cnn": 11, "gpt": 11, "tiny": 1100}


def step_of(model: str, device: str) -> Callable[[], None]:
    """One training step of the user, as a closure."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width: int, out: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(width, out, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(out)
            self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(out)
            self.skip = nn.Identity() if width == out and stride == 1 else nn.Conv2d(width, out, 1, stride, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(y)) + self.skip(x))

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.place = nn.Embedding(1000, 256), nn.Parameter(torch.zeros(64, 256))
            layer = nn.TransformerEncoderLayer(256, 4, 1024, 0.0, "gelu", batch_first=True, norm_first=True)
            self.layers = nn.ModuleList(
                [layer.__class__(256, 4, 1024, 0.0, "gelu", batch_first=True, norm_first=True) for _ in range(4)]
            )
            self.head = nn.Linear(256, 1000)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            x = self.embed(ids) + self.place[: ids.shape[1]]
            mask = nn.Transformer.generate_square_subsequent_mask(ids.shape[1], device=ids.device)
            for layer in self.layers:
                x = layer(x, src_mask=mask, is_causal=True)
            return self.head(x).flatten(0, 1)

    torch.manual_seed(0)
    if model == "mlp":
        net: nn.Module = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
        )
        x, y = torch.randn(128, 784), torch.randint(0, 10, (128,))
    elif model == "tiny":
        net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
        x, y = torch.randn(4, 8), torch.randint(0, 2, (4,))
    elif model == "cnn":
        widths = [
            (32, 32, 1),
            (32, 32, 1),
            (32, 64, 2),
            (64, 64, 1),
            (64, 128, 2),
            (128, 128, 1),
            (128, 256, 2),
            (256, 256, 1),
        ]
        net = nn.Sequential(
            nn.Conv2d(3, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU(), *(Block(*w) for w in widths),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10),
        )  # fmt: skip
        x, y = torch.randn(16, 3, 32, 32), torch.randint(0, 10, (16,))
    else:
        net = Gpt()
        x, y = torch.randint(0, 1000, (4, 64)), torch.randint(0, 1000, (4 * 64,))
    net, x, y = net.to(device), x.to(device), y.to(device)
    optimizer = torch.optim.Adam(net.parameters(), 1e-4)
    loss_function = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss = loss_function(net(x), y)
        loss.backward()
        optimizer.step()

    return step


def serve(model: str, rounds: int, device: str) -> None:
    """The process of one model: prints the seconds of every block, by variant."""
    sys.path.insert(0, str(ROOT))
    import torch

    from nndoctor.worker import cost, tap
    from nndoctor.worker.journal import Journal
    from nndoctor.worker.places import Places
    from nndoctor.worker.put_back import put_back
    from nndoctor.worker.rehearsal import Rehearsal, Shortening
    from nndoctor.worker.watch import Watch

    torch.set_num_threads(1)
    step = step_of(model, device)
    journal = Journal(Path(tempfile.mkdtemp()) / "journal")
    hooks = tap.Tap(Watch(journal, Places(), light=False), Rehearsal(journal, Shortening()), None)
    # on the CPU its own time is meant: what others do on the machine does not count
    clock = time.process_time if device == "cpu" else time.perf_counter

    away = 0.0
    vars(cost)["perf_counter"] = lambda: time.perf_counter() - away

    def block(variant: str) -> float:
        nonlocal away
        came = time.perf_counter()
        seconds = timed(variant)
        away += 0.0 if variant == "observed" else time.perf_counter() - came
        return seconds

    def timed(variant: str) -> float:
        torch.autograd.set_detect_anomaly(variant == "detect_anomaly")
        with put_back(hooks.install) if variant == "observed" else nullcontext():
            began = clock()
            for _ in range(BLOCK[model]):
                step()
            if device == "cuda":
                torch.cuda.synchronize()
            return clock() - began

    # what a run costs once (the first looks, some seconds of closer ones) is told apart from what a step costs
    with put_back(hooks.install):
        began, steps = time.perf_counter(), 0
        while steps < WARM_STEPS or time.perf_counter() - began < WARM_SECONDS:
            step()
            steps += 1
    times: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for _ in range(rounds):
        for variant in random.sample(VARIANTS[:2], 2):
            times[variant].append(block(variant))
    for _ in range(rounds):
        for variant in random.sample(VARIANTS[2:], 2):
            times[variant].append(block(variant))
    print(json.dumps(times))


def measure(model: str, rounds: int, device: str) -> dict[str, float]:
    """Median seconds of a block, as ratios to bare; `bare again` is every other bare block against those between."""
    command = [sys.executable, __file__, "--serve", model, "--rounds", str(rounds), "--device", device]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    served = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    times = json.loads(served.stdout)
    bare = statistics.median(times["bare"])
    ratios = {
        "observed": statistics.median(times["observed"]) / bare,
        "noise": statistics.median(times["bare"][::2]) / statistics.median(times["bare"][1::2]),
        "detect_anomaly": statistics.median(times["detect_anomaly"]) / statistics.median(times["bare again"]),
    }
    told = {name: round(ratio, 4) for name, ratio in ratios.items()}
    print(f"{model}: bare step {bare / BLOCK[model] * 1e3:.3f} ms", told, flush=True)
    return told


def main() -> None:
    """Measures the models named, and prints one line of JSON at the end."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", nargs="*", default=["mlp", "cnn", "gpt", "tiny"])
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.rounds, chosen.device)
        return
    found = {model: measure(model, chosen.rounds, chosen.device) for model in chosen.models}
    told = {
        name: {model: ratios[key] for model, ratios in found.items()}
        for name, key in (("ratio", "observed"), ("noise", "noise"), ("detect_anomaly", "detect_anomaly"))
    }
    print(json.dumps({"figure": "observe_overhead", "device": chosen.device, **told}))


if __name__ == "__main__":
    main()
