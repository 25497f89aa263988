"""What the tap leaves behind of code that runs under it, in the process of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nndoctor.trace import Trace
from nndoctor.worker import tap
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.places import Places
from nndoctor.worker.put_back import put_back
from nndoctor.worker.rehearsal import Rehearsal, Shortening
from nndoctor.worker.watch import Watch


@contextmanager
def watched(folder: Path) -> Iterator[Callable[[], Trace]]:
    """Puts the hooks in for the block; what it gives reads the trace once the block is over."""
    journal = Journal(folder / "journal")
    watch = Watch(journal, Places(), light=False)
    with put_back(tap.Tap(watch, Rehearsal(journal, Shortening()), None).install):
        yield lambda: read_trace(journal.path)
    watch.finish()
    journal.close()
