"""What watching costs a training step: observed against bare, on an MLP, a ResNet-like CNN and a small GPT.

Each variant is a process of its own; they take turns, a block of steps each, in random order, so that the machine's
moods meet all alike. A block is a multiple of the watching's own period, so that closely watched steps are paid for
in full. Beside them: a second bare process (the noise) and `set_detect_anomaly`.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VARIANTS = ("bare", "bare again", "observed", "detect_anomaly")
WARM_SECONDS, WARM_STEPS = 25.0, 20
"""A second of close looks is granted to every run, however short (`cost.GRACE`): it is spent by then."""
BLOCK = {"mlp": 220, "cnn": 11, "gpt": 11, "tiny": 1100}


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
            nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
        )
        x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))
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


def serve(variant: str, model: str, device: str) -> None:
    """A process of one variant: for each line on stdin, one block of steps; answers with its seconds."""
    sys.path.insert(0, str(ROOT))
    import torch

    torch.set_num_threads(1)
    if variant == "observed":
        from nndoctor.worker.journal import Journal
        from nndoctor.worker.tap import install

        install(Journal(Path(tempfile.mkdtemp()) / "journal"), light=False)
    torch.autograd.set_detect_anomaly(variant == "detect_anomaly")
    step = step_of(model, device)

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    # what a run costs once (the first looks, some seconds of closer ones) is told apart from what a step costs
    began, steps = time.perf_counter(), 0
    while steps < WARM_STEPS or (time.perf_counter() - began < WARM_SECONDS):
        step()
        steps += 1
    wait()
    print("ready", flush=True)
    # on the CPU its own time is meant: what others do on the machine does not count
    clock = time.process_time if device == "cpu" else time.perf_counter
    for _ in sys.stdin:
        began = clock()
        for _ in range(BLOCK[model]):
            step()
        wait()
        print(clock() - began, flush=True)


def measure(model: str, rounds: int, device: str) -> dict[str, float]:
    """Median seconds of a block over the rounds, as ratios to bare."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    servers = {
        variant: subprocess.Popen(
            [sys.executable, __file__, "--serve", variant, "--model", model, "--device", device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for variant in VARIANTS
    }
    times: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for server in servers.values():
        assert server.stdout is not None
        server.stdout.readline()
    for _ in range(rounds):
        for variant in random.sample(VARIANTS, len(VARIANTS)):
            server = servers[variant]
            assert server.stdin is not None and server.stdout is not None
            server.stdin.write("go\n")
            server.stdin.flush()
            times[variant].append(float(server.stdout.readline()))
    for server in servers.values():
        assert server.stdin is not None
        server.stdin.close()
        server.wait()
    bare = statistics.median(times["bare"])
    print(
        f"{model}: bare step {bare / BLOCK[model] * 1e3:.3f} ms",
        {v: round(statistics.median(times[v]) / bare, 4) for v in VARIANTS},
    )
    return {variant: round(statistics.median(times[variant]) / bare, 4) for variant in VARIANTS}


def main() -> None:
    """Measures the models named, and prints one line of JSON at the end."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", nargs="*", default=["mlp", "cnn", "gpt", "tiny"])
    arguments.add_argument("--rounds", type=int, default=25)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--serve")
    arguments.add_argument("--model", default="mlp")
    chosen = arguments.parse_args()
    if chosen.serve:
        serve(chosen.serve, chosen.model, chosen.device)
        return
    found = {model: measure(model, chosen.rounds, chosen.device) for model in chosen.models}
    print(
        json.dumps(
            {
                "figure": "observe_overhead",
                "device": chosen.device,
                "ratio": {model: ratios["observed"] for model, ratios in found.items()},
                "noise": {model: ratios["bare again"] for model, ratios in found.items()},
                "detect_anomaly": {model: ratios["detect_anomaly"] for model, ratios in found.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
