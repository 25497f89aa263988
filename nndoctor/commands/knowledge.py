"""What is printed of the rulebook: tables and plain data, for explain, rules, probes, symptoms and tree."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from pydantic import BaseModel

from nndoctor.report.wrapping import cells


def print_json(value: object) -> None:
    """Prints plain data as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def plain(model: BaseModel) -> dict[str, object]:
    """What is written in a pack, under the names it has there."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Prints columns as wide as their widest cell, the last one as it comes."""
    widths = [max((cells(row[column]) for row in rows), default=0) for column in range(len(rows[0]) if rows else 0)]
    for row in rows:
        padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row[:-1], widths, strict=False)]
        click.echo("  ".join([*padded, row[-1]]).rstrip())
