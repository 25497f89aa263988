"""What each intervention changes, in words, for reports: the same set as in `nndoctor.intervention`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nndoctor.case import Change
from nndoctor.report import code
from nndoctor.report.words import Language

_SAID: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no_change": ("nothing but another seed", "仅更换随机种子"),
        "other_seed": ("nothing but another seed", "仅更换随机种子"),
        "learning_rate_times": ("every learning rate × {factor:g}", "所有学习率 × {factor:g}"),
        "inputs_standardised": (
            "inputs brought to mean 0 and spread 1",
            "将输入标准化为均值 0、标准差 1",
        ),
    }
)


def said(change: Change, lang: Language) -> str:
    """The change as a phrase; its name where a later version wrote it."""
    name = str(change.get("intervention", ""))
    if name not in _SAID:
        return code.line(name)
    english, chinese = _SAID[name]
    return (chinese if lang == "zh" else english).format(**{k: v for k, v in change.items() if k != "intervention"})
