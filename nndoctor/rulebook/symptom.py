"""What the user sees, in the user's words, the facts that recognise it, and what only the user can know about it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from nndoctor.rulebook.condition import Condition, Flag
from nndoctor.rulebook.rule import Text, Written


class Option(Written):
    """One answer to choose."""

    id: str = Field(min_length=1)
    says: Text


class Question(Written):
    """What only the user can know; "I don't know" is always allowed and never listed. `probe` finds out the same.

    `once_measured`: what costs nothing to measure may tell; it is only asked where that has left it open.
    """

    id: str = Field(min_length=1)
    ask: Text
    options: tuple[Option, ...] = Field(min_length=2)
    probe: str | None = None
    once_measured: Flag = False


Height = Annotated[float, Field(ge=0, le=1)]


class Symptom(Written):
    """One complaint; `order` is its place in the list of complaints, `words` how people put it.

    `of_the_loss`: it is one of the training loss, which must be lower once it is cured. `curve` is a small picture of
    the curve that it looks like: heights from 0 to 1, null where the value is not finite.
    """

    id: str
    title: Text
    words: Text
    order: Annotated[int, Strict()]
    recognised_when: Condition | None = None
    of_the_loss: Flag = False
    curve: tuple[Height | None, ...] = Field(default=(), min_length=4, max_length=8)
    questions: tuple[Question, ...] = ()
    file: str = ""
    line: Annotated[int, Strict()] = 1
