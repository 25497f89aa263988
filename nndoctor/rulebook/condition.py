"""What a rule may ask of the facts: all, any, not, and one comparison of one fact; nothing else.

No arithmetic, no fact against fact, no text to evaluate: a rule must be able to show its reason, and what it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, assert_never

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    TypeAdapter,
    model_validator,
)

Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Constant = bool | float | str
Location = tuple[str | int, ...]
"""The way from the top of a file to one of its entries: keys and indices."""

BOUNDS = ("above", "at_least", "below", "at_most")
_COMPARISONS = (*BOUNDS, "is", "among")


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Comparison(_Form):
    """One comparison with a constant; exactly one of the six is given."""

    above: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    at_most: Number | None = None
    equal: Flag | Number | str | None = Field(default=None, alias="is")
    among: tuple[Number | str, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_comparison(self) -> Comparison:
        if len(self._given()) != 1:
            raise ValueError(f"exactly one of {', '.join(_COMPARISONS)} is wanted, not {len(self._given())}")
        return self

    def _given(self) -> tuple[str, ...]:
        return tuple(name for name in (*BOUNDS, "equal", "among") if getattr(self, name) is not None)

    def bound(self) -> tuple[str, float] | None:
        """The numeric bound by its name, if that is the comparison."""
        for name, value in zip(BOUNDS, (self.above, self.at_least, self.below, self.at_most), strict=True):
            if value is not None:
                return name, value
        return None

    def constants(self) -> tuple[Constant, ...]:
        """What the fact is held against."""
        bound = self.bound()
        if bound is not None:
            return (bound[1],)
        if self.among is not None:
            return self.among
        return () if self.equal is None else (self.equal,)


class Leaf(Comparison):
    """A comparison of one fact; `some` or `every` where the fact is one number per layer."""

    fact: str = Field(min_length=1)
    some: Comparison | None = None
    every: Comparison | None = None

    def _given(self) -> tuple[str, ...]:
        layered = tuple(name for name in ("some", "every") if getattr(self, name) is not None)
        return (*super()._given(), *layered)

    @property
    def layered(self) -> Comparison | None:
        """The comparison of each layer, if the fact is one number per layer."""
        return self.some or self.every


def _some_part(parts: tuple[Condition, ...]) -> tuple[Condition, ...]:
    # not min_length: pydantic would also say "too short" of a list whose parts it has refused
    if not parts:
        raise ValueError("an empty list of conditions says nothing")
    return parts


class All(_Form):
    """Every one of them holds."""

    of: Annotated[tuple[Condition, ...], AfterValidator(_some_part)] = Field(alias="all")


class AnyOf(_Form):
    """At least one of them holds."""

    of: Annotated[tuple[Condition, ...], AfterValidator(_some_part)] = Field(alias="any")


class Not(_Form):
    """It does not hold."""

    of: Condition = Field(alias="not")


FORMS: Mapping[type[object], str] = {All: "all", AnyOf: "any", Not: "not", Leaf: "fact"}


def _form(written: object) -> str | None:
    """Which of the four a mapping is, by its telling key. The brackets keep it apart from keys in error locations."""
    if isinstance(written, Mapping):
        return next((f"<{key}>" for key in FORMS.values() if key in written), None)
    key = FORMS.get(type(written))
    return key and f"<{key}>"


Condition = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[Not, Tag("<not>")]
    | Annotated[Leaf, Tag("<fact>")],
    Discriminator(_form),
]

All.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()
_CONDITION: TypeAdapter[All | AnyOf | Not | Leaf] = TypeAdapter(Condition)


def condition_of(written: object) -> Condition:
    """The condition that plain mappings and lists say, as they stand in YAML. Raises pydantic's ValidationError."""
    return _CONDITION.validate_python(written)


@dataclass(frozen=True, slots=True)
class Clause:
    """A leaf in its place: `negated` if it stands under an odd number of `not`; `at` is the way from the condition."""

    leaf: Leaf
    negated: bool
    at: Location


def clauses(condition: Condition, *, negated: bool = False, at: Location = ()) -> Iterator[Clause]:
    """Every leaf of a condition, in the order written."""
    match condition:
        case Leaf():
            yield Clause(condition, negated, at)
        case Not():
            yield from clauses(condition.of, negated=not negated, at=(*at, "not"))
        case All() | AnyOf():
            for index, part in enumerate(condition.of):
                yield from clauses(part, negated=negated, at=(*at, FORMS[type(condition)], index))
        case _:
            assert_never(condition)


def facts_of(condition: Condition) -> frozenset[str]:
    """The full names of all facts that a condition looks at."""
    return frozenset(clause.leaf.fact for clause in clauses(condition))
