"""`nndoctor.examine(...)`: the call for notebooks and debuggers, on a model that lives in the caller's process."""

from __future__ import annotations

import html as markup
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from nndoctor.case import Case, Patient
from nndoctor.engine.diagnose import Diagnosis
from nndoctor.report.document import Document, document
from nndoctor.report.html import html
from nndoctor.report.terminal import terminal
from nndoctor.report.words import Language
from nndoctor.rulebook.load import builtin, load
from nndoctor.visit import Visit
from nndoctor.worker.live import LiveLab
from nndoctor.worker.loop import Unfit


@dataclass(frozen=True, slots=True, repr=False)
class LiveDiagnosis(Diagnosis):
    """The diagnosis with the words to tell it: as text, and as a report where a notebook shows it."""

    document: Document

    def __repr__(self) -> str:
        """The printed diagnosis."""
        return terminal(self.document)

    def _repr_html_(self) -> str:
        # a frame of its own: neither page's style reaches the other
        page = markup.escape(html(self.document))
        return f'<iframe srcdoc="{page}" style="width:100%;height:40em;border:0" title="nndoctor"></iframe>'


def examine(  # noqa: PLR0913  # a training has so many parts
    model: object,
    batch_or_loader: object,
    loss_fn: object = None,
    optimizer: object = None,
    *,
    seconds: float = 60.0,
    lang: Language = "en",
) -> LiveDiagnosis:
    """Trains a copy of the model for a while, watches that, and says what is wrong with it.

    `batch_or_loader` gives (x, y), (x1, x2, y), or dicts with the names of forward()'s arguments and one target.
    Without `loss_fn` the model's own output is to be the loss; without `optimizer` a few batches are looked at. Model,
    optimizer, gradients, hooks, random numbers and torch itself stay as they are, to the bit; a loss function or a
    data set of yours that keeps state is yours. Raises ValueError where the parts don't go together.
    """
    rulebook = load([builtin()])
    patient = Patient(type(model).__name__, "live", directory=str(Path.cwd()), seconds=seconds, trials=False)
    with tempfile.TemporaryDirectory(prefix="nndoctor-") as scratch:
        try:
            lab = LiveLab(model, batch_or_loader, loss_fn, optimizer, Path(scratch))
            visit = Visit(Case(patient), rulebook, lab)
            diagnosis = _result(visit.examine())
        except Unfit as wrong:
            raise ValueError(f"nndoctor.examine: {wrong}") from wrong
    told = document(visit.case, diagnosis, rulebook, lang)
    return LiveDiagnosis(
        symptoms=diagnosis.symptoms,
        findings=diagnosis.findings,
        ruled_out=diagnosis.ruled_out,
        not_examined=diagnosis.not_examined,
        document=told,
    )


def _result(visit: Coroutine[None, None, Diagnosis]) -> Diagnosis:
    """Runs a coroutine that never waits: a notebook has an event loop already, in which no other can run."""
    try:
        visit.send(None)
    except StopIteration as done:
        diagnosis: Diagnosis = done.value
        return diagnosis
    raise RuntimeError("a live lab never waits")
