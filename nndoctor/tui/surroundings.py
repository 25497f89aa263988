"""Where the app finds itself: all that it would otherwise ask of the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def cases_folder() -> Path:
    """Where cases are saved for this user."""
    from platformdirs import user_state_path  # noqa: PLC0415  # 20 ms that the first frame does not need

    return user_state_path("nndoctor", appauthor=False) / "cases"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the user wants the app drawn; `ascii_only` also where the terminal could show more."""

    theme: str = ""
    ascii_only: bool = False
    mouse: bool = True
    animated: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the app finds itself: directory, folder of saved cases, the terminal, and how the user wants it drawn."""

    directory: Path = field(default_factory=Path.cwd)
    cases: Callable[[], Path] = cases_folder
    encoding: str = "utf-8"
    theme: str | None = None
    animated: bool = True
