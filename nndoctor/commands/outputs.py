"""The files that a report is written to, looked at before a long examination and written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from nndoctor.commands.options import Refusal

if TYPE_CHECKING:
    from nndoctor.report.document import Document

STDOUT = "-"


def checked(outputs: Mapping[str, str | None]) -> dict[str, str]:
    """The formats wished for, with their files. Raises Refusal for what can't be written, and for two on stdout."""
    wished = {form: file for form, file in outputs.items() if file}
    if sum(file == STDOUT for file in wished.values()) > 1:
        raise Refusal("only one report can go to stdout (-). Name a file for the others.")
    for form, file in wished.items():
        path = Path(file).expanduser()
        if file != STDOUT and path.is_dir():
            raise Refusal(f"--{form} {file}: that is a folder. Name a file in it.")
        if file != STDOUT and not path.parent.is_dir():
            raise Refusal(f"--{form} {file}: there is no folder {path.parent}. Make it first.")
    return wished


def write(document: Document, outputs: Mapping[str, str]) -> list[Path]:
    """Writes each report; gives the files written. Raises Refusal where a file can't be written."""
    written = []
    for form, file in outputs.items():
        text = _WRITERS[form](document)
        if file == STDOUT:
            click.echo(text, nl=False)
            continue
        path = Path(file).expanduser()
        beside = path.with_name(f"{path.name}.part")
        try:
            beside.write_text(text, encoding="utf-8", errors="replace")  # half a surrogate pair, from the script
            beside.replace(path)
        except OSError as wrong:
            raise Refusal(f"--{form} {file}: {wrong.strerror}. The examination itself went well.") from wrong
        written.append(path.resolve())
    return written


def _json(document: Document) -> str:
    from nndoctor.report.json_report import json_report  # noqa: PLC0415 - each writer only where it is wished for

    return json_report(document)


def _markdown(document: Document) -> str:
    from nndoctor.report.markdown import markdown  # noqa: PLC0415

    return markdown(document)


def _html(document: Document) -> str:
    from nndoctor.report.html import html  # noqa: PLC0415 - matplotlib takes a second

    return html(document)


_WRITERS: Mapping[str, Callable[[Document], str]] = MappingProxyType(
    {"json": _json, "markdown": _markdown, "html": _html}
)
