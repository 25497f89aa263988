"""What a forked child of the worker does: it becomes the user's own process and runs the script under the tap."""

from __future__ import annotations

import atexit
import builtins
import faulthandler
import importlib.machinery
import multiprocessing.process
import os
import random
import runpy
import signal
import sys
import threading
import traceback
import types
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from nndoctor import notebook
from nndoctor.worker import descendants, factory, kernel, last_words, sandbox, shield, tap
from nndoctor.worker.journal import Journal
from nndoctor.worker.plan import RunPlan
from nndoctor.worker.rehearsal import EnoughSeen

_LEAVE = os._exit
"""As it was before the tap, which makes the user's os._exit write its last records first."""

_HIGHEST = getattr(signal, "SIGRTMAX", None)
LAST_STACK, LAST_CALL = (_HIGHEST - 4, _HIGHEST - 3) if _HIGHEST else (signal.SIGUSR1, signal.SIGTERM)
"""The signals by which a run is asked for its stack and to end. Not those that a script may have handlers for, if there
are others (macOS has none): one that saves a checkpoint at SIGTERM would keep the last records from being written."""

LONGEST_FOLDER = 80
"""With `/listener-` and eight letters more it must fit into the 104 bytes of macOS."""

_MUTED = {
    "WANDB_MODE": "disabled",
    "WANDB_SILENT": "true",
    "COMET_MODE": "disabled",
    "COMET_AUTO_LOG_DISABLE": "1",
    "NEPTUNE_MODE": "debug",
    "CLEARML_OFFLINE_MODE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True, slots=True)
class Birth:
    """What the child is given: where it runs, its ends of the pipes, what to close, and the zygote's `random`."""

    directory: Path
    stdout: int
    stderr: int
    close: tuple[int, ...]
    parent: int
    random_state: Any


def live(plan: RunPlan, birth: Birth) -> NoReturn:
    """Runs the script and ends this process as Python would; never returns into the worker, whatever happens."""
    code = 70
    try:
        _become(plan, birth)
        code = _Life(plan).run()
    except BaseException:  # noqa: BLE001  # a fault of ours: the worker's own loop must not be run twice
        with suppress(BaseException):
            traceback.print_exc()
    finally:
        _LEAVE(code)


def _become(plan: RunPlan, birth: Birth) -> None:
    os.setsid()
    with suppress(OSError):
        shield.cover(plan.covered, plan.beside(".overlay"))
    descendants.die_with_parent()
    if os.getppid() != birth.parent:
        _LEAVE(0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (birth.stdout, 1), (birth.stderr, 2)):
        os.dup2(descriptor, place)
    for descriptor in {nothing, birth.stdout, birth.stderr, *birth.close} - {0, 1, 2}:
        os.close(descriptor)
    _trap(plan)
    os.environ.update(_MUTED)
    os.environ["MLFLOW_TRACKING_URI"] = plan.beside(".mlruns").as_uri()
    os.environ.setdefault("MPLBACKEND", "Agg")
    _house_sockets(plan.beside(".sockets"))
    sys.dont_write_bytecode = True
    random.setstate(birth.random_state)  # `random` reseeds itself in every forked child
    os.chdir(birth.directory)
    os.environ["PWD"] = str(birth.directory)


def _house_sockets(folder: Path) -> None:
    """Where multiprocessing's lie, lest a run that is killed leave them: a socket's path has some 100 bytes at most."""
    if len(os.fsencode(folder)) < LONGEST_FOLDER:
        folder.mkdir(exist_ok=True)
        multiprocessing.process.current_process()._config["tempdir"] = str(folder)  # type: ignore[attr-defined]


def _trap(plan: RunPlan) -> None:
    """A file for the last stack of a run that is killed, or that crashes below Python."""
    stack = plan.beside(".stack").open("w")
    _KEPT.append(stack)
    faulthandler.enable(stack)
    faulthandler.register(LAST_STACK, stack, all_threads=True)


_KEPT: list[Any] = []


class _Life:
    """One script, from its first line to the exit status."""

    def __init__(self, plan: RunPlan) -> None:
        self._plan = plan
        self._directory = os.path.realpath(plan.patient.directory)
        self._main = types.ModuleType("__main__")
        self._path = ""
        self._tap: tap.Tap | None = None
        self._process = os.getpid()

    def run(self) -> int:
        plan = self._plan
        sandbox.guard(sys.modules.get("torch"))
        self._stage()
        self._tap = tap.install(
            Journal(str(plan.journal)),
            plan.interventions,
            light=plan.light,
            original=sandbox.original,
            shortening=plan.shortening,
        )
        _make_room()
        signal.signal(LAST_CALL, self._put_down)
        how, code = self._perform()
        with suppress(KeyboardInterrupt):
            threading._shutdown()  # type: ignore[attr-defined]  # as Python does: waits for non-daemon threads
        self._tap.finish()
        self._note(how, code)
        atexit._run_exitfuncs()
        last_words.flush()
        return code

    def _perform(self) -> tuple[str, int]:
        try:
            patient = self._plan.patient
            if patient.kind == "module":
                runpy.run_module(patient.target, run_name="__main__", alter_sys=True)
            elif patient.kind == "factory":
                factory.run(patient.target, self._plan.seconds)
            elif notebook.is_notebook(patient.target):
                kernel.run(self._path, patient.target, self._main.__dict__)
            else:
                self._run_script()
        except EnoughSeen:
            return "stopped", 0
        except SystemExit as leaving:
            code = last_words.status(leaving.code)
            return ("exit" if code else "finished"), code
        except BaseException as error:  # noqa: BLE001  # the script's own end, told as Python tells it
            if self._tap is not None:
                self._tap.record_crash(error)
            last_words.flush()
            last_words.tell(error)
            return "exception", 130 if isinstance(error, KeyboardInterrupt) else 1
        return "finished", 0

    def _stage(self) -> None:
        """argv, path and `__main__`, as `python script.py ...` or `python -m module ...` would have them."""
        patient = self._plan.patient
        sys.path[:] = [_led(entry) for entry in sys.path]
        arguments = [sandbox.mirrored_argument(argument) for argument in patient.arguments]
        if patient.kind in ("module", "factory"):
            sys.path.insert(0, os.getcwd())
            sys.argv = [patient.target, *arguments]
            return
        script = os.path.join(self._directory, patient.target)
        sys.path.insert(0, sandbox.mirrored(os.path.dirname(os.path.realpath(script))))
        shown = sandbox.mirrored(patient.target) if os.path.isabs(patient.target) else patient.target
        sys.argv = [shown, *arguments]
        self._path = sandbox.mirrored(os.path.normpath(script))
        self._main.__dict__.update(__builtins__=builtins)
        if notebook.is_notebook(script):
            os.chdir(os.path.dirname(self._path))  # where Jupyter starts the kernel; there is no __file__
        else:
            self._main.__dict__.update(__file__=self._path, __cached__=None)
            self._main.__loader__ = importlib.machinery.SourceFileLoader("__main__", self._path)
        sys.modules["__main__"] = self._main

    def _run_script(self) -> None:
        path = self._path
        try:
            source = Path(path).read_bytes()
        except OSError as missing:
            shown = sandbox.original(path)
            sys.stderr.write(f"{sys.executable}: can't open file '{shown}': {missing.strerror}\n")
            raise SystemExit(2) from missing
        exec(compile(source, path, "exec", dont_inherit=True), self._main.__dict__)  # noqa: S102  # what we are for

    def _put_down(self, number: int, _frame: types.FrameType | None) -> None:
        """Our own deadline: what the tap still holds is written; no exit code of the script's is run."""
        if self._tap is not None:
            self._tap.finish()
        last_words.flush()
        _LEAVE(128 + number)

    def _note(self, how: str, code: int) -> None:
        """Tells the worker that the script came to its own end: without it, somebody left by os._exit."""
        if os.getpid() != self._process:
            return  # a child that the script forked off, and that came to an end of its own
        mask = os.umask(0o077)
        with suppress(OSError):
            self._plan.beside(".end").write_text(f"{how} {code}")
        os.umask(mask)


def _make_room() -> None:
    """Forgets our own modules, all imported by now: the user may have some of the same name."""
    _KEPT.append(dict(sys.modules))
    for name in [name for name in sys.modules if name.partition(".")[0] == "nndoctor"]:
        del sys.modules[name]


def _led(entry: str) -> str:
    """An entry of sys.path (PYTHONPATH=src) as the copy has it; virtual environments are not copied."""
    led = sandbox.mirrored(os.path.abspath(entry))
    return led if entry and os.path.isdir(led) else entry
