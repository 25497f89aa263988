"""`nndoctor new`: the files of a new rule or probe, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from nndoctor.commands.options import Refusal

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PROBE = re.compile(r"[a-z][a-z0-9_]*")


def _into(command: Callable[..., int]) -> Callable[..., int]:
    return click.option(
        "--into",
        "pack",
        default=".",
        metavar="DIR",
        show_default="the current directory",
        type=click.Path(path_type=Path, file_okay=False),
        help="The pack that it belongs to: a folder with knowledge/ and probes/, made if it is not there.",
    )(command)


@click.group(short_help="Begin a rule or a probe of your own.")
def new() -> None:
    """Begin a rule or a probe: writes its files, with a mark in every gap.

    \b
      nndoctor new probe head_agreement
      nndoctor new rule architecture/heads-agree
      nndoctor check .                  what is still to be written
    """


@new.command(short_help="Begin a cause.")
@click.argument("name", metavar="FAMILY/NAME")
@_into
def rule(name: str, pack: Path) -> int:
    """Begin a cause: its rule, a sick program, the healthy twin, and their test."""
    from nndoctor.scaffold import rule_files  # noqa: PLC0415

    family, slash, cause = name.partition("/")
    if not slash or not _SLUG.fullmatch(family) or not _SLUG.fullmatch(cause):
        raise Refusal(f"{name!r} names no cause: FAMILY/NAME in small letters, digits and hyphens, as loss/wrong-sign")
    return _written(rule_files(family, cause, pack), pack)


@new.command(short_help="Begin a measurement.")
@click.argument("name", metavar="NAME")
@_into
def probe(name: str, pack: Path) -> int:
    """Begin a measurement: its probe, and the test beside it."""
    from nndoctor.scaffold import probe_files  # noqa: PLC0415

    if not _PROBE.fullmatch(name) or name.endswith("_test"):
        raise Refusal(f"{name!r} names no probe: small letters, digits and underscores, as loss_at_init")
    return _written(probe_files(name, pack), pack)


def _written(files: Mapping[Path, str], pack: Path) -> int:
    """Writes all, or nothing where one is there."""
    there = [str(path) for path in files if path.exists()]
    if there:
        raise Refusal(f"nothing was written: {', '.join(there)} is there already")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(str(path))
    click.echo(f"fill them in; nndoctor check {pack} tells what is left", err=True)
    return 0
