"""What Jupyter is to a notebook: runs its cells in one namespace, one after the other, until one fails."""

from __future__ import annotations
import __future__

import builtins
import sys
from typing import Any

from nndoctor import notebook

_FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


class Shell:
    """The least of IPython that notebooks ask for: what it is asked to do is left out, and said."""

    def _leave_out(self, what: str, *words: object) -> None:
        _note(f"not run: {' '.join((what, *map(str, words))).strip()}")

    def run_line_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> None:
        """Does nothing."""
        self._leave_out(f"%{name}", line)

    def run_cell_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> None:
        """Does nothing."""
        self._leave_out(f"%%{name}", line)

    def magic(self, line: str) -> None:
        """Does nothing."""
        self._leave_out("%", line)

    def system(self, command: str) -> None:
        """Runs no command."""
        self._leave_out("!", command)

    def getoutput(self, command: str, *_: Any, **__: Any) -> list[str]:
        """Runs no command: there is no output."""
        self._leave_out("!", command)
        return []


def display(*things: Any, **_: Any) -> None:
    """Prints what a notebook would show."""
    for thing in things:
        sys.stdout.write(f"{thing!r}\n")


def run(path: str, shown: str, namespace: dict[str, Any]) -> None:
    """Runs the notebook; `shown` is its path as the user knows it. Raises what a cell raises."""
    try:
        cells = notebook.read(path)
    except notebook.NotRunnable as wrong:
        raise SystemExit(f"nndoctor: {shown} can't be run: {wrong}") from wrong
    notebook.remember(path, cells)
    shell = Shell()
    # among the builtins, as IPython has them: modules of the user's ask for them too
    vars(builtins).update(display=display, get_ipython=lambda: shell)
    flags = 0
    for cell in cells:
        for line, text in cell.left_out:
            _note(f"{shown} cell {cell.number}, line {line}: not run: {text.splitlines()[0]}")
        name = notebook.name_of(path, cell.number)
        compiled = compile(cell.code, name, "exec", flags, dont_inherit=True)
        flags |= compiled.co_flags & _FUTURES  # `from __future__` holds for the cells below
        exec(compiled, namespace)  # noqa: S102  # what we are for


def _note(text: str) -> None:
    sys.stderr.write(f"nndoctor: {text}\n")
