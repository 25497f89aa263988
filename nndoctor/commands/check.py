"""`nndoctor check`: a pack held against its own examples."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands.options import REFUSED


@click.command(short_help="Check packs against their own examples.")
@click.argument("packs", metavar="PACK...", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(packs: tuple[Path, ...]) -> int:
    """Check packs: every name exists, every rule fires and stays clear on its own examples, both languages are there.

    Prints file:line:column: what is wrong. Exits with 2 if anything is.

    \b
      nndoctor check .
      nndoctor check my-pack
    """
    from nndoctor import check as checking  # noqa: PLC0415 - pydantic
    from nndoctor.rulebook.load import builtin  # noqa: PLC0415

    ours = builtin()
    roots = {pack.resolve() for pack in packs}
    # a stranger's rules may speak of our facts, so ours is read along; only the named packs are told about
    found = checking.check([*packs] if ours in roots else [ours, *packs])
    problems = [
        problem for problem in found if any(Path(problem.file).resolve().is_relative_to(root) for root in roots)
    ]
    for problem in problems:
        click.echo(str(problem))
    named = ", ".join(str(pack) for pack in packs)
    click.echo(f"{named}: {len(problems) or 'nothing'} wrong", err=True)
    return REFUSED if problems else 0
