"""The Textual app: turns what the screens say into steps of the visit, and the visit's steps into screens."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SuspendNotSupported, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from nndoctor.case import Case, Patient
from nndoctor.tui import messages
from nndoctor.tui.arrivals import case_path
from nndoctor.tui.attendance import Attendance, MakeLab
from nndoctor.tui.encoding import Narrowed, is_utf8
from nndoctor.tui.keys import Spoken
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import DARK, THEMES, WITHOUT_COLOUR
from nndoctor.tui.words import Language, Words

if TYPE_CHECKING:  # all of these come after the first frame, or with the first screen that needs them
    from nndoctor.rulebook.pack import Rulebook
    from nndoctor.tui.screens.examination import ExaminationScreen
    from nndoctor.tui.screens.intake import IntakeScreen
    from nndoctor.tui.screens.interview import Enquiry
    from nndoctor.tui.screens.symptoms import SymptomsScreen
