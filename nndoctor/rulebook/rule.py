"""One cause of bad training: what it leads to, which facts show it, why it hurts, and what cures it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, field_validator

from nndoctor import edits
from nndoctor.intervention import check
from nndoctor.rulebook.condition import Condition, Flag, Number

Severity = Literal["fatal", "serious", "costly", "untidy"]
Likelihood = Literal["common", "occasional", "rare"]
SEVERITIES: tuple[Severity, ...] = ("fatal", "serious", "costly", "untidy")
LIKELIHOODS: tuple[Likelihood, ...] = ("common", "occasional", "rare")

Words = Mapping[str, Flag | Number | str | Mapping[Literal["fact"], str]]
"""An intervention's or edit's name and fields; a field may be taken from what was measured: `factor: {fact: NAME}`."""

ExampleFacts = Mapping[str, Flag | Number | str | Mapping[str, Number]]
"""Facts by full name, as they would be measured."""


class Written(BaseModel):
    """What is written in a pack: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Text(Written):
    """Words for the user in both languages. A pack without Chinese loads, but does not pass the check."""

    en: str = Field(min_length=1)
    zh: str = ""

    def in_language(self, language: str) -> str:
        """The words in that language (en or zh), or in English where there are none."""
        return (self.zh if language == "zh" else self.en) or self.en


class Remedy(Written):
    """The fix: words, code before and after, an intervention to try, edits of the source, and the proof of the cure.

    Of several edits the first that can be made where the facts say is the one. `new_loss`: the cure makes the loss
    another function, so that its values before and after can't be compared.
    """

    do: Text
    before: str = ""
    after: str = ""
    keras: str = ""
    attempt: Words | None = Field(default=None, alias="try")
    edit: tuple[Words, ...] = ()
    new_loss: Flag = False
    proof: Condition | None = None

    @field_validator("attempt")
    @classmethod
    def _names_an_intervention(cls, attempt: Words | None) -> Words | None:
        if attempt is not None:
            check(attempt)
        return attempt

    @field_validator("edit", mode="before")
    @classmethod
    def _is_one_or_several(cls, edit: object) -> object:
        return (edit,) if isinstance(edit, Mapping) else edit

    @field_validator("edit")
    @classmethod
    def _names_edits(cls, edit: tuple[Words, ...]) -> tuple[Words, ...]:
        for words in edit:
            edits.written(words)
        return edit

    @property
    def planned(self) -> tuple[edits.Planned, ...]:
        """The edits, ready to be made."""
        return tuple(map(edits.written, self.edit))


class Examples(Written):
    """Facts on which the rule fires, and facts on which it stays clear."""

    fires: tuple[ExampleFacts, ...] = ()
    clear: tuple[ExampleFacts, ...] = ()


class Rule(Written):
    """One cause; `id` is its path `family/slug`, `file` and `line` tell where it is written.

    `recorded`: what it looks for needs a GPU or its driver, so that it was tried on records of such runs only.
    """

    id: str
    title: Text
    severity: Severity
    likelihood: Likelihood
    leads_to: tuple[str, ...] = Field(min_length=1)
    when: Condition
    why: Text
    remedy: Remedy
    harmless: Text | None = None
    recorded: Flag = False
    sources: tuple[str, ...] = ()
    examples: Examples = Examples()
    file: str = ""
    line: Annotated[int, Strict()] = 1
