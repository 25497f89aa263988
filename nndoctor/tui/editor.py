"""How the user's editor is told to open a file at a line."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import PurePath

from nndoctor.case import Place

_COLON = frozenset(("hx", "helix", "subl", "zed", "sublime_text"))
_GOTO = frozenset(("code", "codium", "cursor", "code-insiders", "windsurf"))
_USUAL = ("nano", "vim", "vi", "emacs")


def editor() -> str:
    """The user's editor: VISUAL, EDITOR, or one that is installed; "" if there is none."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    return named or next((name for name in _USUAL if shutil.which(name)), "")


def editing(place: Place, program: str) -> list[str]:
    """The command that opens that place in that editor.

    Raises ValueError where the editor's own command line has an open quote.
    """
    words = shlex.split(program)
    if place.cell:
        return [*words, place.file]  # the line is one of the cell, not of the file
    name = PurePath(words[0]).name.removesuffix(".exe") if words else ""
    if name in _GOTO:
        return [*words, "--wait", "--goto", f"{place.file}:{place.line}"]
    if name in _COLON:
        return [*words, f"{place.file}:{place.line}"]
    return [*words, f"+{place.line}", place.file]
