"""The one decision of a visit: what to do next with a case."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Case
from nndoctor.engine.diagnose import Diagnosis, diagnose
from nndoctor.engine.interview import Ask, open_questions
from nndoctor.engine.plan import Run, open_runs
from nndoctor.engine.standing import stand
from nndoctor.engine.treatment import Treat, due
from nndoctor.rulebook.pack import Rulebook


@dataclass(frozen=True, slots=True)
class Conclude:
    """Nothing is left to ask or to run."""

    diagnosis: Diagnosis


Step = Ask | Run | Treat | Conclude


def next_step(case: Case, rulebook: Rulebook) -> Step:
    """Questions first, then probes, then trials of the cure. Every answer and every run brings the end nearer."""
    standing = stand(case, rulebook)
    questions = open_questions(case, standing, rulebook)
    if questions:
        return questions[0]
    runs = open_runs(case, standing, rulebook)
    if runs:
        return runs[0]
    diagnosis = diagnose(case, rulebook)
    return due(case, diagnosis, rulebook) or Conclude(diagnosis)


def steps_ahead(case: Case, rulebook: Rulebook) -> int:
    """About how many steps are left, for "step 2 of about 4": answers and findings may make it fewer or more."""
    standing = stand(case, rulebook)
    return len(open_questions(case, standing, rulebook)) + len(open_runs(case, standing, rulebook))
