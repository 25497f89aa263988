"""The visit without the app: the whole examination, what it came to, and the exit code that says so."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from nndoctor.case import Case, Patient
from nndoctor.commands.options import FOUND, OUT_OF_TIME, UNEXAMINED
from nndoctor.commands.progress import Teller, Watch
from nndoctor.engine.diagnose import Diagnosis
from nndoctor.engine.plan import Run
from nndoctor.lab import Lab
from nndoctor.report import code
from nndoctor.report.words import spot
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import SEVERITIES
from nndoctor.visit import Visit
from nndoctor.wire import News

NEVER = "never"

_OUT_OF_SIGHT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "functional_gradients": (
            "Gradients were taken by torch.func {count:.0f} times",
            "It gives them back as values, so no optimizer tells what becomes of them, and nothing is concluded. "
            "Write the step with loss.backward() and a torch.optim optimizer to have it examined.",
        ),
        "gradients_as_values": (
            "Gradients were taken by torch.autograd.grad {count:.0f} times",
            "It gives them back as values, so no optimizer tells what becomes of them, and nothing is concluded. "
            "Write the step with loss.backward() and a torch.optim optimizer to have it examined.",
        ),
        "compiled": (
            "torch.compile was called {count:.0f} times",
            "Run the script once without it.",
        ),
        "steps_in_threads": (
            "Optimizers stepped {count:.0f} times in threads of their own",
            "Only the main thread is watched: threads interleave. Call the function that trains directly.",
        ),
        "training_children": (
            "Optimizers stepped in {count:.0f} forked processes",
            "Only the first process is watched. Call the function that trains directly, with one process.",
        ),
        "started_processes": (
            "The script started {count:.0f} Python processes, which may have trained",
            "Only the first process is watched. Name the script that trains, or call the function that does directly, "
            "with one process.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be examined, and what the user says about it."""

    patient: Patient
    symptoms: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    in_place: bool = False
    probes: tuple[str, ...] = ()
    """Those asked for by name: they are run though no cause may hang on them."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What came of it: the case, the diagnosis, what was heard of the watched run, and why nothing could be done."""

    case: Case
    diagnosis: Diagnosis
    watch: Watch
    problem: str = ""


def examined(wish: Wish, rulebook: Rulebook, teller: Teller) -> Examination:
    """The whole visit, every question answered with "I don't know". Leaves no process and no file behind.

    Raises KeyboardInterrupt where somebody ends it, by Ctrl+C or by a signal.
    """
    try:
        return asyncio.run(_examined(wish, rulebook, teller))
    except asyncio.CancelledError as ended:
        raise KeyboardInterrupt from ended


async def _examined(wish: Wish, rulebook: Rulebook, teller: Teller) -> Examination:
    watch = Watch()
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGHUP):
        with suppress(NotImplementedError, ValueError, RuntimeError):  # not the main thread, or not a Unix
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with tempfile.TemporaryDirectory(prefix="nndoctor-", ignore_cleanup_errors=True) as scratch:
        try:
            async with Lab(wish.patient, Path(scratch), _both(watch, teller), in_place=wish.in_place) as lab:
                visit = Visit(Case(wish.patient), rulebook, lab)
                visit.complain(*wish.symptoms)
                for question, option in wish.answers.items():
                    visit.answer(question, option)
                diagnosis = await visit.examine(teller.step)
                for probe in (one for one in wish.probes if one not in visit.case.evidence):
                    teller.step(asked := Run(probe, 0))
                    await visit.perform(asked)
                    diagnosis = visit.diagnosis()
        finally:
            teller.close()
    return Examination(visit.case, diagnosis, watch, visit.problem)


def _both(watch: Watch, teller: Teller) -> Callable[[News], None]:
    def hear(news: News) -> None:
        watch.hear(news)
        teller.hear(news)

    return hear


def exit_code(examination: Examination, rulebook: Rulebook, fail_on: str) -> int:
    """0 if nothing is confirmed at or above `fail_on`, 1 if something is, 3 and 4 if it could not be seen at all.

    A script that crashes or hangs of a disease that a rule explains is a finding.
    """
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != NEVER else ()
    confirmed = [finding.rule for finding in examination.diagnosis.findings if finding.status == "confirmed"]
    if any(rulebook.rules[rule].severity in bad for rule in confirmed):
        return FOUND
    watch = examination.watch
    if examination.problem or not watch.began:
        return UNEXAMINED
    if watch.how == "hung" or (watch.how == "stopped" and not watch.iterations):
        return OUT_OF_TIME
    return 0 if watch.iterations else UNEXAMINED


def unseen(examination: Examination, status: int) -> str:
    """Why the patient could not be examined, and what to do; "" if it was."""
    watch, target = examination.watch, examination.case.patient.target
    if status == UNEXAMINED and (examination.problem or not watch.began):
        why = examination.problem or "its interpreter could not be started"
        return f"{target} could not be examined: {why}\nName the interpreter that has your torch with --python PATH."
    if status == UNEXAMINED:
        end = f"{target} ended ({watch.how}, status {watch.code}) without one backward pass"
        if elsewhere := _elsewhere(examination.case):
            return f"{end} that could be watched.\n{elsewhere}"
        said = watch.said(12)
        last = f"\nIts last words on stderr:\n{said}" if said else ""
        hint = "" if examination.case.patient.kind == "factory" else " Does it train when you run it by itself?"
        return f"{end}, so there was nothing to see.{hint}{last}"
    if status == OUT_OF_TIME:
        seconds = examination.case.patient.seconds
        how = "stood still" if watch.how == "hung" else "had not made one backward pass"
        return f"{target} {how} when its time was up. Give it more with --budget (now {seconds:g} seconds)."
    return ""


def _elsewhere(case: Case) -> str:
    """What trained where it could not be watched, why it could not, and what to do; "" if nothing did."""
    evidence = case.evidence.get("out_of_sight")
    rows = []
    for name, fact in evidence.facts.items() if evidence is not None else ():
        what, remedy = _OUT_OF_SIGHT[name]
        near = (replace(place, file=code.near(place.file, case.patient.directory)) for place in fact.where)
        lines = "".join(f" ({spot(place, 'en')})" for place in near)
        rows.append(f"{what.format(count=fact.value)}{lines}. {remedy}")
    return "\n".join(rows)


def limited(rulebook: Rulebook, only: Sequence[str], skip: Sequence[str]) -> Rulebook:
    """The rulebook with the probes wished for: `only` these if any are named, and none to `skip`."""
    kept = {id_: card for id_, card in rulebook.probes.items() if (not only or id_ in only) and id_ not in skip}
    return replace(rulebook, probes=MappingProxyType(kept))
