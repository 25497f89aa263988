"""What a whole examination takes beside the script alone, experiments and the trial of the cure included.

Healthy and sick trainings (`long_training.py`), with as many samples as make the bare run last the seconds wished for,
are run alone and examined in turn. Where the time goes is told by phase: the start (an interpreter, torch, the rules),
the watched run, the probes that only read it, experiments (reruns), and the runs that try the cure. On a machine that
others load too the processor's time, of all processes together, tells more than the clock: both ratios are given.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from nndoctor.case import Patient  # noqa: E402
from nndoctor.commands import headless  # noqa: E402
from nndoctor.commands.options import rulebook_of  # noqa: E402
from nndoctor.engine.step import Step  # noqa: E402
from nndoctor.engine.treatment import Treat  # noqa: E402
from nndoctor.wire import News, RunBegan, RunFinished  # noqa: E402

SCRIPT = Path(__file__).with_name("long_training.py")
TRAININGS = ("mlp", "cnn", "gru", "mlp:slow", "mlp:unscaled", "cnn:uncleaned", "gru:steep")
PHASES = ("start", "watching", "probes", "experiments", "trial")
CALIBRATED = (1024, 8192)
"""Samples of two short runs, whose difference is what a sample takes of the processor; the very first run is cold."""


class Clock:
    """Seconds by the clock, and of the processor in all child processes that have ended."""

    def __init__(self) -> None:
        """Begins now."""
        self._wall, self._processor = perf_counter(), _processor()

    def read(self) -> tuple[float, float]:
        """What has passed since."""
        return perf_counter() - self._wall, _processor() - self._processor


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Phases:
    """Hears what an examination is at (a `Teller`), and how long each phase takes."""

    def __init__(self) -> None:
        """It starts."""
        self.seconds: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self._phase, self._since = "start", perf_counter()

    def _enter(self, phase: str) -> None:
        now = perf_counter()
        self.seconds[self._phase] += now - self._since
        self._phase, self._since = phase, now

    def hear(self, news: News) -> None:
        """A run of the script begins or ends."""
        match news:
            case RunBegan(purpose="watch"):
                self._enter("watching")
            case RunFinished(purpose="watch"):
                self._enter("probes")
            case RunBegan():
                self._enter("trial" if self._phase == "trial" else "experiments")
                self.runs[self._phase] += 1
            case _:
                pass

    def step(self, step: Step) -> None:
        """The next step is taken."""
        if self._phase != "start":
            self._enter("trial" if isinstance(step, Treat) else "probes")

    def close(self) -> None:
        """It is over."""
        self._enter("over")


def alone(folder: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Seconds of the script alone, by the clock and of the processor."""
    clock = Clock()
    subprocess.run([sys.executable, *words], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return clock.read()


def examined(folder: Path, words: tuple[str, ...]) -> tuple[tuple[float, float], Phases, list[str]]:
    """The same of its examination; its phases; what was confirmed."""
    patient = Patient(words[0], "script", words[1:], str(folder), sys.executable, seconds=3600.0)
    clock, phases = Clock(), Phases()
    examination = headless.examined(headless.Wish(patient), rulebook_of(()), phases)
    if not examination.watch.iterations:
        sys.exit(f"{words} was not watched: {examination.problem}\n{examination.watch.said(20)}")
    found = [one.rule for one in examination.diagnosis.findings if one.status == "confirmed"]
    return clock.read(), phases, found


def measure(training: str, seconds: float, rounds: int) -> tuple[float, float]:
    """The medians of both ratios, by the clock and of the processor."""
    net, _, disease = training.partition(":")
    by_clock, of_processor = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project")  # with no neighbours: those of a temporary folder would be linked, all of them
        folder.mkdir()
        shutil.copy(SCRIPT, folder / "train.py")

        def words(samples: int) -> tuple[str, ...]:
            return ("train.py", net, "--samples", str(samples), *(("--disease", disease) if disease else ()))

        alone(folder, words(CALIBRATED[0]))
        short, long = (alone(folder, words(samples))[1] for samples in CALIBRATED)
        each = max(1e-6, (long - short) / (CALIBRATED[1] - CALIBRATED[0]))
        samples = max(CALIBRATED[0], CALIBRATED[0] + round((seconds - short) / each))
        for _ in range(rounds):
            bare = alone(folder, words(samples))
            took, phases, found = examined(folder, words(samples))
            by_clock.append(took[0] / bare[0])
            of_processor.append(took[1] / bare[1])
            told = ", ".join(f"{phase} {phases.seconds[phase]:.1f}" for phase in PHASES)
            print(
                f"{training}: {samples} samples alone {bare[0]:.1f} s, examined {took[0]:.1f} s "
                f"({by_clock[-1]:.2f} times; of the processor {of_processor[-1]:.2f}): {told}; "
                f"{phases.runs['experiments']} + {phases.runs['trial']} reruns; found {', '.join(found) or 'nothing'}",
                flush=True,
            )
    return statistics.median(by_clock), statistics.median(of_processor)


def main() -> None:
    """Prints a line a run, and one line of JSON at the end."""
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("--trainings", nargs="*", default=TRAININGS)
    arguments.add_argument("--seconds", type=float, default=20.0, help="how long the bare runs are to last")
    arguments.add_argument("--rounds", type=int, default=1)
    chosen = arguments.parse_args()
    os.environ |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    found = {training: measure(training, chosen.seconds, chosen.rounds) for training in chosen.trainings}
    by_clock, of_processor = ({name: round(both[n], 3) for name, both in found.items()} for n in (0, 1))
    figure = {
        "figure": "examine_time",
        "median": round(statistics.median(by_clock.values()), 3),
        "median_processor": round(statistics.median(of_processor.values()), 3),
        "ratio": by_clock,
        "processor": of_processor,
    }
    print(json.dumps(figure))


if __name__ == "__main__":
    main()
