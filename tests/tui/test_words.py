from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from nndoctor.case import Outcome
from nndoctor.engine.diagnose import Status
from nndoctor.probe import Cost
from nndoctor.rulebook.rule import LIKELIHOODS, SEVERITIES
from nndoctor.tui.screens.room import PLACES
from nndoctor.tui.words import PHRASES, Words

TUI = Path(__file__).parents[2] / "nndoctor" / "tui"
VOCABULARY = (
    [f"outcome.{outcome}" for outcome in get_args(Outcome)]
    + [f"status.{status}" for status in get_args(Status)]
    + [f"severity.{severity}" for severity in SEVERITIES]
    + [f"likelihood.{likelihood}" for likelihood in LIKELIHOODS]
    + [f"cost.{cost}" for cost in get_args(Cost)]
    + [f"place.{place}" for place in PLACES]
    + [f"help.{place}" for place in PLACES]
)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(PHRASES))
def test_every_phrase_says_the_same_in_both_languages(key: str) -> None:
    english, chinese = PHRASES[key]
    assert english.strip()
    assert chinese.strip()
    assert _places(english) == _places(chinese)


def test_every_chinese_phrase_is_chinese() -> None:
    bare = {key for key, (_, chinese) in PHRASES.items() if not re.search("[\u4e00-\u9fff]", chinese)}
    assert bare == set()


@pytest.mark.parametrize("key", VOCABULARY)
def test_every_closed_vocabulary_has_its_words(key: str) -> None:
    assert key in PHRASES


def test_every_key_in_the_code_stands_in_the_catalogue() -> None:
    source = "\n".join(path.read_text() for path in TUI.rglob("*.py") if path.name not in {"words.py", "guide.py"})
    asked = set(re.findall(r"""words\(\s*"([a-z_]+\.[a-z_]+)\"""", source)) | set(
        re.findall(r'"(key\.[a-z_]+)"', source)
    )
    asked |= set(re.findall(r'NoTarget\("([a-z_.]+)"', source))
    assert asked - set(PHRASES) == set()
    assert len(asked) > 80


def test_every_phrase_is_said_somewhere() -> None:
    source = "\n".join(path.read_text() for path in TUI.rglob("*.py") if path.name not in {"words.py", "guide.py"})
    families = {"outcome", "status", "severity", "likelihood", "cost", "place", "help", "purpose", "export"}
    silent = {key for key in PHRASES if f'"{key}"' not in source and key.partition(".")[0] not in families}
    assert silent - {"diagnosis.both", "diagnosis.complained", "diagnosis.recognised"} == set()


def test_a_phrase_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        Words("en")("no.such")
