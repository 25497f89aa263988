"""Options that several commands share, what they stand for, and how a mistake in them is told."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

import click

from nndoctor.case import Rehearse
from nndoctor.report.words import Language, language_of
from nndoctor.tui.surroundings import Drawing

if TYPE_CHECKING:
    from nndoctor.rulebook.pack import Rulebook

Command = TypeVar("Command", bound=Callable[..., object])

FOUND, REFUSED, UNEXAMINED, OUT_OF_TIME, INTERRUPTED = 1, 2, 3, 4, 130
"""The exit codes beside 0."""


class Refusal(click.ClickException):
    """A mistake in what was asked for: what is wrong, where, and what to do; nothing was done."""

    exit_code = REFUSED

    def show(self, file: object = None) -> None:
        """Writes it on stderr."""
        del file
        click.echo(f"nndoctor: {self.message}", err=True)


def speaking(command: Command) -> Command:
    """Adds --lang."""
    return click.option(
        "--lang",
        type=click.Choice(["en", "zh"]),
        default=default_language,
        show_default="from the locale",
        help="Language of what is printed and written.",
    )(command)


def with_packs(command: Command) -> Command:
    """Adds --pack."""
    return click.option(
        "--pack",
        "packs",
        multiple=True,
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="A further pack: a folder with probes/ and knowledge/. May be given again.",
    )(command)


def trying(command: Command) -> Command:
    """Adds --no-trials."""
    return click.option(
        "--no-trials", is_flag=True, help="Find the cause, but don't run the script again to try its cure."
    )(command)


def drawn(command: Command) -> Command:
    """Adds how the app is drawn; `drawing_of` reads it."""
    for option in (
        click.option("--no-animation", is_flag=True, help="Draw nothing that moves by itself."),
        click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, to select and copy with it."),
        click.option("--ascii", is_flag=True, help="Draw with ASCII only, whatever the terminal can show."),
        click.option("--theme", default="", metavar="NAME", help="nndoctor-light, textual-dark, ...; ctrl+p has all."),
    ):
        command = option(command)
    return command


class DrawnCall(TypedDict):
    """The options that `drawn` adds."""

    theme: str
    ascii: bool
    no_mouse: bool
    no_animation: bool


def drawing_of(call: DrawnCall) -> Drawing:
    """How the app is to be drawn."""
    return Drawing(call["theme"], call["ascii"], mouse=not call["no_mouse"], animated=not call["no_animation"])


def _rehearse(ctx: click.Context, parameter: click.Parameter, wished: bool | None) -> Rehearse:  # noqa: FBT001
    del ctx, parameter
    return "as_needed" if wished is None else "always" if wished else "never"


def shortening(command: Command) -> Command:
    """Adds --rehearse and --full."""
    return click.option(
        "--rehearse/--full",
        "rehearse",
        default=None,
        callback=_rehearse,
        help="End each pass over a DataLoader early, so that validation and a second epoch come soon; or never. "
        "By default only where they would not come within the budget.",
    )(command)


def as_json(command: Command) -> Command:
    """Adds --json to a command that prints what is known."""
    return click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")(command)


def default_language() -> Language:
    """The language of the locale."""
    tags = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next((tag for tag in tags if tag), ""))


def rulebook_of(packs: Sequence[Path]) -> Rulebook:
    """Our own pack and these. Raises Refusal with everything that is wrong with them."""
    from nndoctor.rulebook.load import builtin, load  # noqa: PLC0415 - 0.3 s that --help need not wait for
    from nndoctor.rulebook.pack import PackError  # noqa: PLC0415

    try:
        return load([builtin(), *packs])
    except PackError as wrong:
        count = len(wrong.problems)
        told = "\n".join(str(problem) for problem in wrong.problems)
        hint = "`nndoctor check DIR` lists the same for one pack."
        raise Refusal(f"{count} mistake{'s' * (count > 1)} in the packs:\n{told}\n{hint}") from wrong


def known(name: str, names: Iterable[str], what: str, listing: str) -> str:
    """That name if it is one of the names. Raises Refusal with the likeliest one meant otherwise."""
    every = list(names)
    if name in every:
        return name
    close = difflib.get_close_matches(name, every, n=1, cutoff=0.5)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise Refusal(f"there is no {what} {name!r}.{meant} {listing}")


def is_terminal() -> bool:
    """Whether somebody sits at a terminal that can draw: the app hangs without one."""
    terminals = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()  # Textual draws on stderr
    return terminals and os.environ.get("TERM", "") not in ("dumb", "")
