"""What a script may do to the worker, and what becomes of it: one worker, and one fork of it for each script."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from nndoctor.case import Evidence, Patient, Place, Rehearse, TargetKind, Watching
from nndoctor.lab import WORKER
from nndoctor.trace import Trace
from nndoctor.wire import (
    DESCRIPTOR,
    Admit,
    Cancel,
    EvidenceArrived,
    News,
    Order,
    Printed,
    RunBegan,
    RunFinished,
    RunProbe,
    Stop,
    WorkerReady,
    line_of,
    message_of,
)
from nndoctor.worker.journal import read_trace
from tests.notebooks import text

NOTHING = '''
"""Measures nothing."""
from nndoctor.probe import Facts

def run(bench):
    facts = Facts()
    facts.put("iterations", float(len(bench.trace.iterations)))
    return facts
'''

TRAIN = """
import torch
from torch import nn
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range({steps}):
    loss = nn.functional.cross_entropy(model(torch.randn(8, 4)), torch.randint(2, (8,)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {inside}
"""


@dataclass
class Stay:
    """One patient's time in the worker."""

    news: list[News]
    evidence: Evidence
    trace: Trace

    @property
    def how(self) -> tuple[str, int]:
        assert self.trace.ended is not None
        return self.trace.ended.how, self.trace.ended.code

    def printed(self, stream: str = "stdout") -> str:
        return "".join(said.text for said in self.news if isinstance(said, Printed) and said.stream == stream)


class Clinic:
    """A worker driven without the lab; a new Admit brings the next patient to the same zygote."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(WORKER)],
            env={**os.environ, DESCRIPTOR: str(theirs.fileno()), "OMP_NUM_THREADS": "1"},
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self._socket = ours
        self._lines = ours.makefile("rb")

    def send(self, order: Order) -> None:
        self._socket.sendall(line_of(order))

    def next(self) -> News:
        line = self._lines.readline()
        assert line, "the worker has gone"
        news = message_of(line)
        assert not isinstance(news, Order)
        return news

    def admit(self, patient: Patient, scratch: Path, *, in_place: bool = False) -> WorkerReady:
        self.send(Admit(patient, str(scratch), in_place))
        ready = self.next()
        assert isinstance(ready, WorkerReady)
        return ready

    def probe(self, path: Path, seconds: float, cancel_when: str = "") -> tuple[list[News], Evidence]:
        self.send(RunProbe(path.stem, str(path), seconds))
        news: list[News] = []
        while True:
            news.append(said := self.next())
            if isinstance(said, EvidenceArrived):
                return news, said.evidence
            if cancel_when and isinstance(said, Printed) and cancel_when in said.text:
                self.send(Cancel())
                cancel_when = ""

    def close(self) -> int:
        self.send(Stop())
        return self.process.wait(10)


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    clinic = Clinic()
    yield clinic
    assert clinic.close() == 0


@pytest.fixture
def stay(clinic: Clinic, tmp_path: Path) -> Iterator[Visit]:
    home = tmp_path / "home"
    home.mkdir()
    yield Visit(clinic, home, tmp_path / "scratch")
    assert not psutil.Process(clinic.process.pid).children(recursive=True)


class Visit:
    def __init__(self, clinic: Clinic, home: Path, scratch: Path) -> None:
        self.clinic = clinic
        self.home = home
        self.scratch = scratch
        self.probe = scratch.parent / "nothing.py"
        self.probe.write_text(NOTHING)

    def __call__(
        self,
        source: str | None,
        *,
        name: str = "train.py",
        seconds: float = 20.0,
        arguments: tuple[str, ...] = (),
        kind: TargetKind = "script",
        cancel_when: str = "",
        rehearse: Rehearse = "as_needed",
    ) -> Stay:
        if source is not None:
            (self.home / name).write_text(source)
        target = name.removesuffix(".py") if kind == "module" else name
        ready = self.clinic.admit(Patient(target, kind, arguments, str(self.home), rehearse=rehearse), self.scratch)
        assert ready.problem == ""
        news, evidence = self.clinic.probe(self.probe, seconds, cancel_when)
        return Stay(news, evidence, read_trace(self.scratch / "watch.jsonl"))


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("", ("finished", 0)),
        ("import sys; sys.exit(0)", ("finished", 0)),
        ("import sys; sys.exit(3)", ("exit", 3)),
        ("import sys; sys.exit('enough')", ("exit", 1)),
        ("import os; os._exit(0)", ("exit", 0)),
        ("import os; os._exit(7)", ("exit", 7)),
        ("import ctypes; ctypes.string_at(0)", ("signal", signal.SIGSEGV)),
        ("import os; os.kill(os.getpid(), 9)", ("signal", signal.SIGKILL)),
        ("import os; os.abort()", ("signal", signal.SIGABRT)),
        ("input('name? ')", ("exception", 1)),
        ("def f(:", ("exception", 1)),
        ("import no_such_module", ("exception", 1)),
        ("raise KeyboardInterrupt", ("exception", 130)),
        ("import os; os.closerange(0, 512)", ("finished", 0)),
        ("import sys; sys.stdout.close(); sys.stderr.close()", ("finished", 0)),
        ("import threading; threading.Thread(target=print, args=('late',)).start()", ("finished", 0)),
        ("import gc, sys; gc.collect(); sys.modules.clear()", ("finished", 0)),
        (None, ("exit", 2)),
    ],
)
def test_every_end_of_a_script_is_told_as_it_was(stay: Visit, source: str | None, how: tuple[str, int]) -> None:
    told = stay(source)
    assert told.how == how
    assert told.evidence.outcome == "measured"
    finished = [said for said in told.news if isinstance(said, RunFinished)]
    assert [(said.how, said.code) for said in finished] == [how]


def test_a_training_that_raises_keeps_what_was_seen_of_it(stay: Visit) -> None:
    told = stay(TRAIN.format(steps=9, inside="if step == 5: raise ValueError('bad step')"))
    assert told.how == ("exception", 1)
    assert told.evidence.facts["iterations"].value == 6
    assert told.trace.crash is not None
    assert (told.trace.crash.kind, told.trace.crash.message) == ("ValueError", "bad step")
    place = told.trace.crash.place
    assert place is not None
    assert place.file == str(stay.home / "train.py")
    assert "bad step" in place.code


def test_os_exit_in_the_middle_keeps_the_iterations(stay: Visit) -> None:
    told = stay(TRAIN.format(steps=9, inside="if step == 5: import os; os._exit(0)"))
    assert told.how == ("exit", 0)
    assert told.evidence.facts["iterations"].value == 6


def test_a_traceback_shows_the_users_frames_and_paths_only(stay: Visit) -> None:
    (stay.home / "model.py").write_text("def build():\n    raise RuntimeError('no weights')\n")
    told = stay("import model\nmodel.build()\n")
    assert told.printed("stderr") == (
        "Traceback (most recent call last):\n"
        f'  File "{stay.home}/train.py", line 2, in <module>\n    model.build()\n'
        f"  File \"{stay.home}/model.py\", line 2, in build\n    raise RuntimeError('no weights')\n"
        "RuntimeError: no weights\n"
    )


def test_an_exception_hook_of_the_users_is_heard(stay: Visit) -> None:
    told = stay("import sys\nsys.excepthook = lambda kind, error, frames: print('mine', kind.__name__)\n1 / 0\n")
    assert told.printed() == "mine ZeroDivisionError\n"
    assert told.how == ("exception", 1)


def test_an_endless_loop_hangs_and_shows_where(stay: Visit) -> None:
    told = stay("def wait():\n    while True:\n        pass\n\nwait()\n", seconds=1.5)
    assert told.how[0] == "hung"
    assert told.trace.ended is not None
    assert [(place.line, place.function) for place in told.trace.ended.stack] in (
        [(5, ""), (2, "wait")],
        [(5, ""), (3, "wait")],
    )
    assert told.trace.ended.stack[0].file == str(stay.home / "train.py")


def test_a_training_whose_loader_hangs_is_told_from_one_that_is_long(stay: Visit) -> None:
    """The last iteration is written only when the run is ended: it must not count as a sign of life."""
    told = stay(TRAIN.format(steps=9, inside="if step == 5: import time; time.sleep(1000)"), seconds=6.0)
    assert told.how[0] == "hung"
    assert told.evidence.facts["iterations"].value == 6
    assert told.trace.ended is not None
    assert "time.sleep(1000)" in told.trace.ended.stack[-1].code


def test_a_hang_in_c_code_that_ignores_signals_is_killed(stay: Visit) -> None:
    told = stay(
        "import ctypes, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf')\nctypes.CDLL(None).sleep(1000)\nctypes.CDLL(None).sleep(1000)\n",
        seconds=1.5,
    )
    assert told.how[0] == "hung"
    assert told.trace.ended is not None
    assert told.trace.ended.stack[-1].line in (4, 5)


def test_a_long_training_is_stopped_at_the_deadline_with_its_totals(stay: Visit) -> None:
    told = stay(TRAIN.format(steps=10**9, inside="pass"), seconds=3.0)
    assert told.how[0] == "stopped"
    assert len(told.trace.iterations) > 10
    assert told.trace.totals[0].steps > 10


def test_a_script_with_signal_handlers_of_its_own_is_stopped_with_its_totals_too(stay: Visit) -> None:
    handlers = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: time.sleep(1000))\n"
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
    )
    told = stay(handlers + TRAIN.format(steps=10**9, inside="pass"), seconds=3.0)
    assert told.how[0] == "stopped"
    assert told.trace.totals[0].steps > 10
    assert told.trace.ended is not None
    assert told.trace.ended.stack


def test_cancelling_ends_the_watching_and_keeps_it(stay: Visit) -> None:
    inside = "print('step', step, flush=True)"
    told = stay(TRAIN.format(steps=10**9, inside=inside), cancel_when="step")
    assert told.how[0] == "stopped"
    assert told.evidence.outcome == "measured"
    assert told.trace.iterations


def test_five_megabytes_of_output_are_bounded_and_harmless(stay: Visit) -> None:
    told = stay("for i in range(50000):\n    print('x' * 99)\nprint('the end')\n")
    assert told.how == ("finished", 0)
    assert 0 < len(told.printed()) < 4_000_000
    assert (stay.scratch / "watch.log").read_text().endswith("x\nthe end\n")


def test_escape_sequences_and_broken_characters_arrive(stay: Visit) -> None:
    told = stay("import os\nos.write(1, '\\x1b[1m损失\\r'.encode() + b'\\xff')\n")
    assert told.printed() == "\x1b[1m损失\r\ufffd"


def test_a_daemon_in_a_session_of_its_own_does_not_survive(stay: Visit) -> None:
    told = stay(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        print('daemon', os.getpid(), flush=True)\n"
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
        "time.sleep(0.3)\n"
    )
    assert told.how == ("finished", 0)
    daemon = int(told.printed().split()[1])
    assert not psutil.pid_exists(daemon)


def test_a_forked_child_that_runs_on_does_not_end_the_run_twice(stay: Visit) -> None:
    told = stay("import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('here')\n")
    assert told.how == ("finished", 0)
    assert told.printed().count("here") == 2


def test_the_script_sees_itself_as_python_would_show_it(stay: Visit) -> None:
    folder = stay.home / "数据 集"
    folder.mkdir()
    for name in ("probe", "case", "run"):
        (folder / f"{name}.py").write_text(f"mine = '{name}'\n")
    told = stay(
        "import sys, os, pathlib\n"
        "assert __name__ == '__main__' and sys.modules['__main__'].__file__ == __file__\n"
        "assert sys.argv == [os.path.join('数据 集', '训练 1.py'), '--lr', '0.1'], sys.argv\n"
        "assert sys.path[0] == str(pathlib.Path(__file__).parent) and os.getcwd() == os.path.dirname(sys.path[0])\n"
        "assert 'NNDOCTOR_WIRE' not in os.environ\n"
        "import probe, case, run\n"
        "print(probe.mine, case.mine, run.mine, sys.stdin.read() == '', os.path.basename(__file__))\n"
        "import inspect, pickle\n"
        "class Net: pass\n"
        "assert 'class Net' in inspect.getsource(Net)\n"
        "pickle.loads(pickle.dumps(Net()))\n",
        name="数据 集/训练 1.py",
        arguments=("--lr", "0.1"),
    )
    assert (told.how, told.printed("stderr")) == (("finished", 0), "")
    assert told.printed() == "probe case run True 训练 1.py\n"


def test_a_module_is_run_as_with_dash_m(stay: Visit) -> None:
    (stay.home / "pack").mkdir()
    (stay.home / "pack" / "__init__.py").touch()
    (stay.home / "pack" / "sizes.py").write_text("width = 8\n")
    (stay.home / "pack" / "train.py").write_text(
        "import sys\nfrom .sizes import width\nprint(__name__, width, sys.argv[1:])\nraise SystemExit(4)\n"
    )
    told = stay(None, name="pack.train", kind="module", arguments=("a",))
    assert told.how == ("exit", 4)
    assert told.printed() == "__main__ 8 ['a']\n"


def test_exit_handlers_and_threads_run_before_the_end(stay: Visit) -> None:
    told = stay(
        "import atexit, threading, time\n"
        "atexit.register(print, 'goodbye')\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
        "print('script', end=' ')\n"
    )
    assert told.printed() == "script thread\ngoodbye\n"


def test_processes_of_the_users_own_work(stay: Visit) -> None:
    told = stay(
        "import multiprocessing as mp\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    for kind in ('fork', 'spawn'):\n"
        "        with mp.get_context(kind).Pool(2) as pool: print(pool.map(double, [1, 2]))\n",
        seconds=60,
    )
    assert told.printed() == "[2, 4]\n[2, 4]\n"
    assert told.how == ("finished", 0)


def test_nothing_of_ours_is_importable_by_the_user_but_the_package(stay: Visit) -> None:
    told = stay(f"import sys\nprint([entry for entry in sys.path if entry.startswith({str(WORKER.parents[1])!r})])\n")
    assert told.printed() == "[]\n"


def test_trackers_are_muted_and_plots_need_no_screen(stay: Visit) -> None:
    told = stay("import os\nprint(os.environ['WANDB_MODE'], os.environ['MPLBACKEND'])\n")
    assert told.printed() == "disabled Agg\n"


def test_two_runs_of_an_unseeded_script_are_the_same_and_a_reseeded_one_is_not(stay: Visit) -> None:
    stay.probe.write_text(
        "from nndoctor.intervention import NoChange, OtherSeed\nfrom nndoctor.probe import Facts\n"
        "def run(bench):\n"
        "    facts = Facts()\n"
        "    watched = [row.loss for row in bench.trace.iterations]\n"
        "    for name, change in (('same', NoChange()), ('other', OtherSeed())):\n"
        "        again = bench.rerun(change, iterations=5)\n"
        "        facts.put(name, [row.loss for row in again.iterations] == watched[:5])\n"
        "        facts.put(name + '_how', again.ended.how)\n"
        "    return facts\n"
    )
    told = stay("import random\n" + TRAIN.format(steps=8, inside="loss = loss + random.random()"))
    facts = {name: fact.value for name, fact in told.evidence.facts.items()}
    assert facts == {"same": True, "same_how": "stopped", "other": False, "other_how": "stopped"}
    purposes = [said.purpose for said in told.news if isinstance(said, RunBegan)]
    assert purposes == ["watch", "NoChange", "OtherSeed"]


def test_a_script_that_swallows_everything_is_stopped_all_the_same(stay: Visit) -> None:
    stay.probe.write_text(
        "from nndoctor.intervention import NoChange\nfrom nndoctor.probe import Facts\n"
        "def run(bench):\n"
        "    facts = Facts()\n"
        "    facts.put('how', bench.rerun(NoChange(), iterations=3).ended.how)\n"
        "    return facts\n"
    )
    source = TRAIN.format(steps=8, inside="pass").replace("loss.backward()", "try: loss.backward()\n    except: pass")
    told = stay(source)
    assert told.evidence.facts["how"].value == "stopped"


@pytest.mark.parametrize(
    ("body", "outcome", "why"),
    [
        ("raise CannotMeasure('no loader was seen')", "not_measurable", "no loader was seen"),
        ("return {}['missing']", "crashed", "KeyError: 'missing'"),
        ("return 3", "crashed", "run() gave int, not Facts"),
        ("import no_such_thing", "crashed", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("raise SystemExit(3)", "crashed", "SystemExit: 3"),
    ],
)
def test_whatever_a_probe_does_is_evidence(stay: Visit, body: str, outcome: str, why: str) -> None:
    stay.probe.write_text(f"from nndoctor.probe import CannotMeasure, Facts\ndef run(bench):\n    {body}\n")
    evidence = stay("").evidence
    assert (evidence.probe, evidence.outcome) == ("nothing", outcome)
    assert why in evidence.why


# notebooks


def test_a_notebook_runs_cell_by_cell_in_one_namespace(stay: Visit) -> None:
    (stay.home / "book").mkdir()
    (stay.home / "book" / "sizes.py").write_text("width = 8\n")
    source = text(
        "%matplotlib inline\n!touch made-by-a-shell\nfrom __future__ import annotations",
        "import os, sizes\nclass Net: pass\nprint(__name__, '__file__' in globals(), os.path.basename(os.getcwd()))",
        "%%bash\ntouch made-by-a-shell",
        "# Words",
        "%%time\ndisplay('seen', Net.__name__)\nget_ipython().system('touch made-by-a-shell')",
        "def late(x: nowhere): pass\nprint(sizes.width, os.path.exists('made-by-a-shell'))",
        markdown=(3,),
    )
    told = stay(source, name="book/train.ipynb")
    assert (told.how, told.printed()) == (("finished", 0), "__main__ False book\n'seen'\n'Net'\n8 False\n")
    assert told.printed("stderr").splitlines() == [
        "nndoctor: book/train.ipynb cell 1, line 1: not run: %matplotlib inline",
        "nndoctor: book/train.ipynb cell 1, line 2: not run: !touch made-by-a-shell",
        "nndoctor: book/train.ipynb cell 3, line 1: not run: %%bash",
        "nndoctor: not run: ! touch made-by-a-shell",
    ]


def test_a_crash_in_a_cell_ends_the_notebook_and_names_cell_and_line(stay: Visit) -> None:
    source = text(
        "import torch\nfrom torch import nn\nmodel = nn.Linear(4, 2)",
        "def step(x):\n    # forward\n    return model(x)",
        "!pip install torch\nstep(torch.zeros(2, 4)).sum().backward()\nstep(torch.zeros(2, 5))",
        "print('never')",
    )
    told = stay(source, name="train.ipynb")
    assert (told.how, told.printed()) == (("exception", 1), "")
    assert f'File "{stay.home}/train.ipynb cell 3", line 3, in <module>\n    step(torch' in told.printed("stderr")
    assert told.trace.crash is not None
    file = str(stay.home / "train.ipynb")
    assert told.trace.crash.places == (
        Place(file, 3, "step(torch.zeros(2, 5))", "", 3),
        Place(file, 3, "return model(x)", "step", 2),
    )
    [site] = told.trace.sites.values()
    assert site.place == Place(file, 2, "step(torch.zeros(2, 4)).sum().backward()", "", 3)


def test_a_notebook_that_hangs_shows_the_cell(stay: Visit) -> None:
    told = stay(text("x = 1", "while True:\n    pass"), name="train.ipynb", seconds=1.5)
    assert told.trace.ended is not None
    [place] = told.trace.ended.stack
    assert (told.how[0], place.file, place.cell, place.line in (1, 2)) == ("hung", f"{stay.home}/train.ipynb", 2, True)
    assert place.code in ("while True:", "pass")


def test_a_cell_that_is_no_python_is_told_when_its_turn_comes(stay: Visit) -> None:
    told = stay(text("print('first')", "x = 1\ndef f(:"), name="train.ipynb")
    assert (told.how, told.printed()) == (("exception", 1), "first\n")
    assert told.trace.crash is not None
    assert told.trace.crash.place == Place(f"{stay.home}/train.ipynb", 2, "def f(:", "", 2)


def test_a_notebook_that_awaits_is_refused_before_it_starts(stay: Visit) -> None:
    told = stay(text("print('first')", "await f()"), name="train.ipynb")
    assert (told.how, told.printed()) == (("exit", 1), "")
    assert "nndoctor: train.ipynb can't be run: cell 2 awaits at its top level" in told.printed("stderr")


def test_a_script_exported_from_a_notebook_runs_as_it_is(stay: Visit) -> None:
    source = "#!/usr/bin/env python\n# coding: utf-8\n\n# In[1]:\n\n\nx = 1\n\n\n# In[3]:\n\nprint(x, __file__[-8:])\n"
    assert stay(source).printed() == "1 train.py\n"


# factories

PARTS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
    def forward(self, x, scale=1.0, labels=None):
        out = self.layer(x) * scale
        return out if labels is None else {"loss": nn.functional.cross_entropy(out, labels)}
model, loss = Named(), nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(64, 4), torch.randint(3, (64,))
loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
"""


@pytest.mark.parametrize(
    ("body", "iterations", "steps"),
    [
        ("return model, loss, optimizer, loader", 200, 200),
        ("return dict(model=model, loss=loss, optimizer=optimizer, loader=loader)", 200, 200),
        (
            "return __import__('types').SimpleNamespace(model=model, loss=loss, optimizer=optimizer, loader=loader)",
            200,
            200,
        ),
        ("return __import__('collections').namedtuple('T', 'loader model')(loader, model.layer)", 0, 0),
        ("return model, loss, None, loader", 4, 0),
        ("return model, loss, torch.optim.LBFGS(model.parameters()), [(x, y)] * 5", None, 200),
        ("return model, loss, optimizer, [{'x': x, 'scale': 2.0, 'y': y}]", 200, 200),
        ("return model, None, optimizer, [{'x': x, 'labels': y}]", 200, 200),
        ("return model, loss, optimizer, [({'x': x}, y)]", 200, 200),
        ("return model, loss, optimizer, ((x, y) for _ in range(7))", 7, 7),
        ("return model, loss, optimizer, iter(lambda: (x, y), 1)", 2000, 2000),
        ("return nn.Linear(4, 4).eval(), nn.MSELoss(), None, [x] * 3", 4, 0),
    ],
)
def test_what_a_factory_gives_is_trained(stay: Visit, body: str, iterations: int | None, steps: int) -> None:
    (stay.home / "parts.py").write_text(f"{PARTS}\ndef make():\n    {body}\n")
    told = stay(None, name="parts:make", kind="factory", seconds=60)
    assert (told.how, told.printed("stderr")) == (("finished", 0), "")
    assert iterations is None or told.evidence.facts["iterations"].value == iterations
    assert sum(total.steps for total in told.trace.totals.values()) == steps


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("prats:make", "", "there is no module prats here"),
        ("parts:mkae", "def make(): pass", "parts has no mkae; it has make"),
        ("parts:make", "make = 3", "make is no function but int"),
        ("parts:make", "def make(lr): pass", "make(lr) wants some"),
        ("parts:make", "def make(): pass", "what the factory gave (NoneType) has no model and no loader"),
        ("parts:make", "def make(): return 1, 2", "a factory gives model, loss, optimizer, loader"),
        ("parts:make", "def make(): return 1, 2, 3, 4", "the model is to be a torch.nn.Module, not int"),
        ("parts:make", PARTS + "def make(): return model, 2, None, loader", "the loss function is to be a callable"),
        ("parts:make", PARTS + "def make(): return model, loss, loss, loader", "the optimizer is to be a torch.optim"),
        ("parts:make", PARTS + "def make(): return model, loss, optimizer, 3", "the loader is to be an iterable"),
        ("parts:make", PARTS + "def make(): return model, loss, optimizer, []", "the loader gave no batch"),
        ("parts:make", PARTS + "def make(): return model, loss, None, [{'z': x}]", "forward() wants x; the batch has"),
        ("parts:make", PARTS + "def make(): return model, loss, None, [{'x': x, 'a': y, 'b': y}]", "the target (2 of"),
    ],
)
def test_a_wrong_factory_is_told_in_words(stay: Visit, name: str, source: str, said: str) -> None:
    (stay.home / "parts.py").write_text(source + "\n")
    told = stay(None, name=name, kind="factory")
    assert told.how == ("exit", 1)
    [line] = told.printed("stderr").splitlines()
    assert line.startswith(f"nndoctor: {name}: ")
    assert said in line


def test_a_factory_that_raises_is_a_crash_of_the_users(stay: Visit) -> None:
    (stay.home / "parts.py").write_text("import nowhere_to_be_found\ndef make(): pass\n")
    told = stay(None, name="parts:make", kind="factory")
    assert told.how == ("exception", 1)
    assert told.trace.crash is not None
    assert told.trace.crash.place == Place(f"{stay.home}/parts.py", 1, "import nowhere_to_be_found")


def test_lines_of_a_factorys_model_are_found_and_those_of_our_loop_are_nobodys(stay: Visit) -> None:
    (stay.home / "parts.py").write_text(PARTS + "def make(): return model, loss, optimizer, loader\n")
    told = stay(None, name="parts:make", kind="factory")
    assert [site.place for site in told.trace.sites.values()] == [None]
    lines = {seen.place.line for model in told.trace.models.values() for seen in model.parameters if seen.place}
    assert lines == {8}


# the worker itself


def test_the_zygote_has_one_thread_only(clinic: Clinic, stay: Visit) -> None:
    stay("")
    assert psutil.Process(clinic.process.pid).num_threads() == 1


def test_end_of_file_on_the_wire_ends_the_worker_and_its_run(tmp_path: Path) -> None:
    clinic = Clinic()
    script = tmp_path / "train.py"
    script.write_text("import time\nprint('up', flush=True)\ntime.sleep(1000)\n")
    probe = tmp_path / "nothing.py"
    probe.write_text(NOTHING)
    assert clinic.admit(Patient("train.py", directory=str(tmp_path)), tmp_path / "scratch").problem == ""
    clinic.send(RunProbe("nothing", str(probe), 500.0))
    group = 0
    while not isinstance(said := clinic.next(), Printed):
        group = said.group if isinstance(said, RunBegan) else group
    clinic._lines.close()
    clinic._socket.close()
    clinic.process.wait(20)
    for _ in range(100):
        if not psutil.pid_exists(group):
            break
        time.sleep(0.05)
    assert not psutil.pid_exists(group)


EPOCHS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
data = TensorDataset(torch.randn(1200, 4), torch.randint(2, (1200,)))
model = nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    for x, y in DataLoader(data, 4, shuffle=True):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        print("looked at", sum(len(model(x)) for x, y in DataLoader(data, 4)))
"""


def test_a_wished_rehearsal_ends_after_two_epochs_and_a_rerun_is_cut_at_the_same_batches(stay: Visit) -> None:
    stay.probe.write_text(
        "from nndoctor.intervention import NoChange\nfrom nndoctor.probe import Facts\n"
        "def run(bench):\n"
        "    own, facts = [row.loss for row in bench.trace.iterations], Facts()\n"
        "    again = bench.rerun(NoChange(), iterations=len(own))\n"
        "    facts.put('same', own == [row.loss for row in again.iterations])\n"
        "    facts.put('cuts', str([(cut.number, cut.batches) for cut in again.cuts]))\n"
        "    return facts\n"
        "CARD = {'facts': {'same': {}, 'cuts': {}}}\n"
    )
    done = stay(EPOCHS, seconds=60.0, rehearse="always")
    cuts = [(cut.number, cut.batches) for cut in done.trace.cuts]
    assert cuts == [(0, 200), (1, 200), (2, 24), (3, 200)]
    assert done.how == ("stopped", 0)
    assert done.evidence.facts["same"].value is True
    assert done.evidence.facts["cuts"].value == str(cuts)
    assert done.evidence.watching == Watching("rehearsed", 4, 200, 300)
