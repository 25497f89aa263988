"""How a measured value reads: numbers with their unit, flags as words, many layers as the few that matter."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nndoctor.case import FactValue
from nndoctor.engine.judge import Witness
from nndoctor.report.code import first_that_fits, line
from nndoctor.report.words import Language, phrase

LONGEST_LIST = 140
"""Characters that the named layers of one fact may take."""

_BYTE_STEPS = ("B", "KiB", "MiB", "GiB", "TiB")


def number(value: float, unit: str = "") -> str:
    """A number to four digits, whole numbers in full; bytes in the unit that suits them."""
    if not math.isfinite(value):
        return str(value)
    if unit == "bytes":
        return _bytes(value)
    whole = float(value).is_integer() and abs(value) < 1e9
    shown = f"{int(value):,}" if whole else f"{value:.4g}"
    return f"{shown} {'s' if unit == 'seconds' else unit}".rstrip()


def told(value: FactValue, unit: str, lang: Language) -> str:
    """Any value in a few words."""
    match value:
        case bool():
            return phrase("yes" if value else "no", lang)
        case int() | float():
            return number(value, unit)
        case str():
            return line(value)
        case Mapping():
            return _range(value, unit, lang)


def measured(witness: Witness, unit: str, lang: Language) -> str:
    """What a witness saw; of many layers those that bear the clause out, each with its number."""
    value = witness.value
    if not isinstance(value, Mapping) or not witness.layers:
        return told(value, unit, lang)
    named = [f"{line(layer)} {number(value[layer], unit)}" for layer in witness.layers if layer in value]
    names = first_that_fits(named, LONGEST_LIST)
    return phrase("layers", lang, count=len(witness.layers), all=len(value), names=names)


def asked(expected: str, value: FactValue, lang: Language) -> str:
    """What a rule asks for, in the words in which the value is told."""
    if isinstance(value, bool):
        return phrase("yes" if expected.endswith("true") else "no", lang)
    return expected.removeprefix("= ") if isinstance(value, str) else expected


def _range(values: Mapping[str, float], unit: str, lang: Language) -> str:
    if not values:
        return phrase("none", lang)
    if len(values) == 1:
        [(name, only)] = values.items()
        return f"{line(name)} {number(only, unit)}"
    least, most = number(min(values.values()), unit), number(max(values.values()), unit)
    return phrase("layer_values", lang, count=len(values), least=least, most=most)


def _bytes(value: float) -> str:
    step = 0
    while abs(value) >= 1024 and step < len(_BYTE_STEPS) - 1:
        value, step = value / 1024, step + 1
    return f"{value:.4g} {_BYTE_STEPS[step]}"
