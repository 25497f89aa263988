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

from nndoctor.tui.surroundings import Drawing, Surroundings, cases_folder

if TYPE_CHECKING:
    from nndoctor.case import Patient
    from nndoctor.rulebook.pack import Rulebook
    from nndoctor.tui.attendance import Laboratory
    from nndoctor.tui.face import NndoctorApp
    from nndoctor.wire import News

__all__ = ("cases_folder", "run_app")
USAGE_ERROR = 2
DEFAULT = Drawing()


def run_app(
    target: Patient | Path | None,
    packs: Sequence[Path],
    lang: str,
    *,
    in_place: bool = False,
    drawing: Drawing = DEFAULT,
) -> int:
    """Runs the app on this terminal and gives the exit code; a path is a saved case. Without a terminal it gives 2."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        sys.stderr.write("nndoctor needs a terminal here; without one use: nndoctor examine TARGET\n")
        return USAGE_ERROR
    # Importing Textual makes a hundred thousand objects that stay: looking for garbage among them was a fifth of the
    # time to the first frame. The app turns the collector on again once all is loaded.
    gc.disable()
    from nndoctor.tui.encoding import can_write  # noqa: PLC0415  # Textual, after the line above
    from nndoctor.tui.face import NndoctorApp  # noqa: PLC0415

    encoding = "ascii" if drawing.ascii_only else sys.stderr.encoding or "ascii"  # Textual draws on stderr

    def load_rulebook() -> Rulebook:
        from nndoctor.rulebook.load import builtin, load  # noqa: PLC0415  # called after the first frame

        return load((builtin(), *packs))

    def make_lab(patient: Patient, scratch: Path, listen: Callable[[News], None]) -> Laboratory:
        from nndoctor.lab import Lab  # noqa: PLC0415  # called after the first frame

        return Lab(patient, scratch, listen, in_place=in_place)

    around = Surroundings(encoding=encoding, theme=drawing.theme or None, animated=drawing.animated)
    chinese = lang.startswith("zh") and can_write("中文", encoding)
    app = NndoctorApp(target, load_rulebook, make_lab, "zh" if chinese else "en", around)
    if drawing.theme not in ("", *app.available_themes):
        themes = ", ".join(sorted(app.available_themes))
        sys.stderr.write(f"nndoctor: there is no theme {drawing.theme!r}. There are {themes}.\n")
        return USAGE_ERROR
    return _attended(app, mouse=drawing.mouse)


def _attended(app: NndoctorApp, *, mouse: bool) -> int:
    """Runs the app until the user leaves or the terminal goes; gives its exit code. The lab is closed in any case."""

    async def attend() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
        try:
            await app.run_async(mouse=mouse)
        finally:
            await app.close()

    asyncio.run(attend())
    return app.return_code or 0
