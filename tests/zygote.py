"""An interpreter for tests that has imported torch already: a worker it is told to run is a fork, seconds sooner."""

from __future__ import annotations

import gc
import json
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from nndoctor.wire import DESCRIPTOR

_LAUNCHER = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as zygote:
    zygote.connect({address!r})
    socket.send_fds(zygote, [b"."], [0, 1, 2, int(os.environ[{descriptor!r}])])
    start = dict(script=sys.argv[-1], folder=os.getcwd(), environment=dict(os.environ))
    zygote.sendall(json.dumps(start).encode() + b"\\n")
    status = int(zygote.makefile().readline() or 1)
sys.exit(status)
"""


@contextmanager
def warm_python(folder: Path) -> Iterator[str]:
    """The path of an executable that runs the worker as `python -u SCRIPT` does, as long as the context lasts."""
    address, launcher = folder / "zygote", folder / "python"
    launcher.write_text(_LAUNCHER.format(python=sys.executable, address=str(address), descriptor=DESCRIPTOR))
    launcher.chmod(0o755)
    command = [sys.executable, "-m", __name__, str(address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as zygote:
        assert zygote.stdout is not None
        assert zygote.stdout.readline() == b"ready\n"
        yield str(launcher)
        zygote.kill()


def _serve(address: str) -> NoReturn:
    import torch._dynamo  # noqa: PLC0415

    assert torch
    gc.collect()
    gc.freeze()  # each worker collects before its first run: all of torch, if not for this
    sys.path.pop(0)  # the folder in which this was started
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _keep(caller)
            caller.close()


def _keep(caller: socket.socket) -> NoReturn:
    """Forks the worker that the launcher asks for, and tells the launcher how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, descriptors, _, _ = socket.recv_fds(caller, 1, 4)
    start = json.loads(caller.makefile().readline())
    worker = os.fork()
    if worker == 0:
        caller.close()
        _become_worker(start["script"], start["folder"], start["environment"], descriptors)
    for number in descriptors:
        os.close(number)
    _, status = os.waitpid(worker, 0)
    with suppress(OSError):
        caller.sendall(b"%d\n" % abs(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become_worker(script: str, folder: str, environment: dict[str, str], descriptors: list[int]) -> NoReturn:
    os.setsid()
    os.chdir(folder)
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment | {DESCRIPTOR: str(descriptors[3])})
    for standard in range(3):
        os.dup2(descriptors[standard], standard)
        os.close(descriptors[standard])
    random.seed()  # as a process that was just started has its own
    for name in [name for name in sys.modules if name.partition(".")[0] in ("nndoctor", "tests")]:
        del sys.modules[name]  # the worker brings its own
    status = 1
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001  # the fork must not go on in the zygote's loop
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve(sys.argv[1])
