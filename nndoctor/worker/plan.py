"""What one run of the user's script is to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from nndoctor.case import Patient
from nndoctor.intervention import Intervention
from nndoctor.worker.rehearsal import Shortening


@dataclass(frozen=True, slots=True)
class RunPlan:
    """One run of the script: `purpose` is "watch" or the interventions' names; `journal` ends in .jsonl.

    `light`: only its loss curve is wanted. `covered` are the folders to overlay in its view; `sources` are new texts
    for files of the patient's, which the scratch copy gets.
    """

    patient: Patient
    journal: Path
    seconds: float
    purpose: str = "watch"
    interventions: tuple[Intervention, ...] = ()
    shortening: Shortening = field(default_factory=Shortening)
    covered: tuple[str, ...] = ()
    light: bool = False
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def beside(self, suffix: str) -> Path:
        """A file of this run, next to its journal."""
        return self.journal.with_suffix(suffix)
