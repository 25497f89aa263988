"""Where the user's interpreter enters the worker: started by path, so that only this package comes in."""

import importlib.util
import os
import sys


def _enter() -> None:
    if sys.version_info < (3, 10):  # noqa: UP036  # the user's interpreter is not of our choosing
        sys.exit(f"Python {sys.version.split()[0]} is too old: nndoctor examines trainings on Python 3.10 and later.")
    folder = os.path.dirname(os.path.abspath(__file__))
    package = os.path.dirname(folder)
    # the user's own `probe`, `case` or `run` must not meet ours, and our other dependencies must not meet theirs
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]
    spec = importlib.util.spec_from_file_location(
        "nndoctor", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
    )
    if spec is not None:
        sys.modules["nndoctor"] = importlib.util.module_from_spec(spec)

    from nndoctor import wire  # noqa: PLC0415  # importable only now
    from nndoctor.worker import duty  # noqa: PLC0415

    duty.serve(int(os.environ.pop(wire.DESCRIPTOR)))


_enter()
