"""Where the app begins: puts it on this terminal, with the real rulebook and the real lab."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nndoctor.tui.surroundings import Surroundings, cases_folder

if TYPE_CHECKING:
    from nndoctor.case import Patient
    from nndoctor.rulebook.pack import Rulebook
    from nndoctor.tui.attendance import Laboratory
    from nndoctor.tui.face import NndoctorApp
    from nndoctor.wire import News

__all__ = ("cases_folder", "run_app")
NO_TERMINAL = 2


def run_app(
    patient: Patient | None, packs: Sequence[Path], lang: str, *, in_place: bool = False, theme: str | None = None
) -> int:
    """Runs the app on this terminal and gives the exit code. Without a terminal it says so and gives 2."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        sys.stderr.write("nndoctor needs a terminal here; without one use: nndoctor examine TARGET\n")
        return NO_TERMINAL
    # Importing Textual makes a hundred thousand objects that stay: looking for garbage among them was a fifth of the
    # time to the first frame. The app turns the collector on again once all is loaded.
    gc.disable()
    from nndoctor.tui.encoding import can_write  # noqa: PLC0415  # Textual, after the line above
    from nndoctor.tui.face import NndoctorApp  # noqa: PLC0415

    encoding = sys.stderr.encoding or "ascii"  # Textual draws on stderr

    def load_rulebook() -> Rulebook:
        from nndoctor.rulebook.load import builtin, load  # noqa: PLC0415  # called after the first frame

        return load((builtin(), *packs))

    def make_lab(patient: Patient, scratch: Path, listen: Callable[[News], None]) -> Laboratory:
        from nndoctor.lab import Lab  # noqa: PLC0415  # called after the first frame

        return Lab(patient, scratch, listen, in_place=in_place)

    around = Surroundings(encoding=encoding, theme=theme)
    chinese = lang.startswith("zh") and can_write("中文", encoding)
    return _attended(NndoctorApp(patient, load_rulebook, make_lab, "zh" if chinese else "en", around))


def _attended(app: NndoctorApp) -> int:
    """Runs the app until the user leaves or the terminal goes; gives its exit code. The lab is closed in any case."""

    async def attend() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
        try:
            await app.run_async()
        finally:
            await app.close()

    asyncio.run(attend())
    return app.return_code or 0
