"""The lab's promises: every failure is Evidence, a dead worker is replaced, and no process is left."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nndoctor import lab as laboratory
from nndoctor.case import Change, Evidence, Patient
from nndoctor.lab import MARK, Lab
from nndoctor.marked import _bearing
from nndoctor.wire import News, Printed, RunBegan, RunFinished, RunProbe, RunTrial

TRAIN = """
import torch
from torch import nn
print("training", flush=True)
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(6):
    loss = nn.functional.cross_entropy(model(torch.randn(8, 4)), torch.randint(2, (8,)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
torch.save(model.state_dict(), "model.pt")
open("log.txt", "w").write("done")
"""

COUNT = """
    facts = Facts()
    facts.put("iterations", float(len(bench.trace.iterations)))
    return facts
"""

ENDLESS = "import os, time\nprint('up', os.getpid(), flush=True)\nwhile True: time.sleep(0.1)\n"

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    print("up", os.getpid(), flush=True)
time.sleep(1000)
"""


class Hall:
    """A home with a script, a lab that treats it, and all the news heard."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OMP_NUM_THREADS", "1")
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.news: list[News] = []
        self.heard = asyncio.Event()
        self.labs: list[Lab] = []

    def lab(self, source: str | None, *, in_place: bool = False, python: str = sys.executable) -> Lab:
        if source is not None:
            (self.home / "train.py").write_text(source)
        patient = Patient("train.py", directory=str(self.home), python=python)
        self.labs.append(Lab(patient, self.folder / "scratch", self.hear, in_place=in_place))
        return self.labs[-1]

    def hear(self, news: News) -> None:
        self.news.append(news)
        if isinstance(news, Printed):
            self.heard.set()

    def probe(self, body: str, name: str = "count") -> Path:
        path = self.folder / f"{name}.py"
        path.write_text(
            f"from nndoctor.intervention import NoChange\nfrom nndoctor.probe import Facts\ndef run(bench):\n{body}\n"
        )
        return path

    def purposes(self) -> list[str]:
        return [said.purpose for said in self.news if isinstance(said, RunBegan)]


@pytest.fixture
async def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hall]:
    hall = Hall(tmp_path, monkeypatch)
    yield hall
    for lab in hall.labs:
        await lab.close()
        assert marked(lab) == []


def marked(lab: Lab) -> list[psutil.Process]:
    return _bearing(laboratory.MARK, lab._mark)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


async def test_one_worker_serves_many_probes_and_outlives_the_death_of_one(hall: Hall) -> None:
    (hall.home / "model.pt").write_bytes(b"the user's own" * 1000)
    (hall.home / "log.txt").write_text("old")
    lab = hall.lab(TRAIN)
    before = digest(hall.home)
    ready = await lab.warm()
    assert ready.problem == ""
    assert ready.environment["torch"]
    first = await lab.run(RunProbe("count", str(hall.probe(COUNT)), 30))
    assert (first.outcome, first.probe) == ("measured", "count")
    assert first.facts["iterations"].value == 6
    again = await lab.run(
        RunProbe("rerun", str(hall.probe("    bench.rerun(NoChange(), iterations=2)" + COUNT, "rerun")), 30)
    )
    assert again.outcome == "measured"
    died = await lab.run(RunProbe("dying", str(hall.probe("    import os; os.kill(os.getpid(), 9)", "dying")), 30))
    assert (died.outcome, died.probe) == ("died", "dying")
    assert "SIGKILL" in died.why
    after = await lab.run(RunProbe("count", str(hall.probe(COUNT)), 30))
    assert after.facts["iterations"].value == 6
    assert hall.purposes() == ["watch", "NoChange"]
    assert digest(hall.home) == before


async def test_an_experiment_that_is_tried_as_the_cure_is_not_run_again(hall: Hall) -> None:
    lab = hall.lab(TRAIN.replace("range(6)", "range(400)"))
    slower = "    from nndoctor.intervention import LearningRateTimes\n"
    slower += "    bench.rerun(LearningRateTimes(0.5), iterations=100)"
    await lab.run(RunProbe("slower", str(hall.probe(slower + COUNT, "slower")), 60))
    change: Change = {"intervention": "learning_rate_times", "factor": 0.5}
    order = RunTrial((change,), {}, {"count": str(hall.probe(COUNT))}, 60, 3, None, whole=False)
    part = await lab.try_out(order)
    assert (part.outcome, part.part, part.iterations, part.why) == ("measured", True, 100, "")
    assert part.evidence["count"].facts["iterations"].value == 100
    assert part.loss_at_end is not None
    assert hall.purposes() == ["watch", "LearningRateTimes"]
    whole = await lab.try_out(replace(order, whole=True))
    assert (whole.part, whole.iterations, whole.loss_at_end) == (False, 0, None)
    assert whole.evidence["count"].facts["iterations"].value == 400
    again = await lab.try_out(order)  # nor is a part run of what is known as a whole
    assert (again.part, again.journal) == (False, whole.journal)
    assert hall.purposes() == ["watch", "LearningRateTimes", "LearningRateTimes"]
    await lab.try_out(replace(order, changes=({**change, "factor": 0.25},)))
    assert hall.purposes()[3:] == ["LearningRateTimes"]


async def test_a_probe_that_hangs_is_timed_out_and_its_worker_replaced(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laboratory, "GRACE", 0.5)
    monkeypatch.setattr(laboratory, "AFTER_WATCHING", 0.5)
    lab = hall.lab("")
    hung = await lab.run(RunProbe("hung", str(hall.probe("    while True: pass", "hung")), 3))
    assert (hung.outcome, hung.probe) == ("timed_out", "hung")
    monkeypatch.setattr(laboratory, "GRACE", 20.0)
    assert (await lab.run(RunProbe("count", str(hall.probe(COUNT)), 20))).outcome == "measured"
    assert hall.purposes() == ["watch"]


async def test_cancelling_a_rerun_cancels_its_probe(hall: Hall) -> None:
    lab = hall.lab(
        f"import os\nprint('watched')\nif os.path.exists({str(hall.folder / 'again')!r}):\n    "
        + "\n    ".join(ENDLESS.splitlines())
    )
    assert (await lab.run(RunProbe("count", str(hall.probe(COUNT)), 20))).outcome == "measured"
    (hall.folder / "again").touch()
    hall.heard.clear()
    running = asyncio.create_task(
        lab.run(RunProbe("again", str(hall.probe("    bench.rerun(NoChange())", "again")), 60))
    )
    await hall.heard.wait()
    lab.cancel()
    assert (await running).outcome == "cancelled"
    finished = [said for said in hall.news if isinstance(said, RunFinished)]
    assert [said.how for said in finished] == ["finished", "stopped"]
    assert (await lab.run(RunProbe("count", str(hall.probe(COUNT)), 20))).outcome == "measured"


async def test_closing_while_the_script_runs_leaves_no_process(hall: Hall) -> None:
    lab = hall.lab(DAEMON)
    running = asyncio.create_task(lab.run(RunProbe("count", str(hall.probe(COUNT)), 60)))
    await hall.heard.wait()
    assert len(marked(lab)) >= 3
    await lab.close()
    assert marked(lab) == []
    assert isinstance(await running, Evidence)
    assert (await lab.run(RunProbe("count", str(hall.probe(COUNT)), 60))).outcome == "not_measurable"


async def test_a_worker_killed_from_outside_takes_its_run_with_it(hall: Hall) -> None:
    lab = hall.lab(DAEMON)
    running = asyncio.create_task(lab.run(RunProbe("count", str(hall.probe(COUNT)), 60)))
    await hall.heard.wait()
    assert lab._worker is not None
    os.kill(lab._worker.process.pid, signal.SIGKILL)
    assert (await running).outcome == "died"
    assert marked(lab) == []


async def test_a_task_that_is_cancelled_puts_the_worker_down(hall: Hall) -> None:
    lab = hall.lab(ENDLESS)
    running = asyncio.create_task(lab.run(RunProbe("count", str(hall.probe(COUNT)), 60)))
    await hall.heard.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert marked(lab) == []


async def test_in_place_runs_where_the_user_is(hall: Hall) -> None:
    lab = hall.lab("import os\nopen('here.txt', 'w').write(os.getcwd())\n", in_place=True)
    assert (await lab.run(RunProbe("count", str(hall.probe(COUNT)), 20))).outcome == "measured"
    assert (hall.home / "here.txt").read_text() == str(hall.home)


@pytest.mark.parametrize(
    ("interpreter", "expected"),
    [
        (lambda _: "/no/such/python", "can't be started"),
        (lambda folder: fake(folder, "echo 'no torch for you' >&2; exit 3"), "no torch for you"),
        (lambda folder: fake(folder, f'exec {sys.executable} -I -S "$@"'), "--python PATH"),
    ],
)
async def test_an_interpreter_that_will_not_do_is_told_at_once(
    hall: Hall, interpreter: Callable[[Path], str], expected: str
) -> None:
    lab = hall.lab("", python=interpreter(hall.folder))
    ready = await lab.warm()
    assert expected in ready.problem
    evidence = await lab.run(RunProbe("count", str(hall.probe(COUNT)), 5))
    assert evidence.outcome == "not_measurable"
    assert expected in evidence.why


def fake(folder: Path, line: str) -> str:
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{line}\n")
    script.chmod(0o755)
    return str(script)


async def test_a_screen_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(ENDLESS)
    (tmp_path / "count.py").write_text(f"from nndoctor.probe import Facts\ndef run(bench):\n{COUNT}\n")
    screen = subprocess.Popen(
        [sys.executable, "-c", SCREEN, str(tmp_path)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert screen.stdout is not None
    mark = screen.stdout.readline().strip()
    assert screen.stdout.readline().startswith("up")
    assert _bearing(laboratory.MARK, mark)
    screen.kill()
    screen.communicate()
    for _ in range(200):
        if not _bearing(laboratory.MARK, mark):
            break
        time.sleep(0.05)
    assert _bearing(laboratory.MARK, mark) == []


SCREEN = """
import asyncio, sys
from pathlib import Path
from nndoctor.case import Patient
from nndoctor.lab import Lab
from nndoctor.wire import Printed, RunProbe

def listen(news):
    if isinstance(news, Printed):
        print(news.text, flush=True)

async def main(folder):
    lab = Lab(Patient("train.py", directory=str(folder), python=sys.executable), folder / "scratch", listen)
    print(lab._mark, flush=True)
    await lab.run(RunProbe("count", str(folder / "count.py"), 500))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_the_mark_is_not_inherited_from_a_lab_around_us() -> None:
    assert MARK not in os.environ
