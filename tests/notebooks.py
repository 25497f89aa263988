"""Notebooks as Jupyter saves them, made of the sources of their cells."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path


def written(path: Path, *sources: str, markdown: Collection[int] = ()) -> Path:
    """Writes a notebook of these cells; those at the places `markdown` are text."""
    path.write_text(text(*sources, markdown=markdown), encoding="utf-8")
    return path


def text(*sources: str, markdown: Collection[int] = ()) -> str:
    """The same as text."""
    cells = [
        {"cell_type": "markdown" if number in markdown else "code", "source": source.splitlines(keepends=True)}
        for number, source in enumerate(sources)
    ]
    metadata = {"kernelspec": {"language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)
