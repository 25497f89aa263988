"""Every intervention has words in the reports."""

from __future__ import annotations

import dataclasses

import pytest

from nndoctor.intervention import KINDS
from nndoctor.report.treatments import said


@pytest.mark.parametrize("name", KINDS)
def test_each_intervention_is_told_in_both_languages(name: str) -> None:
    fields = {field.name: 0.5 for field in dataclasses.fields(KINDS[name])}
    english, chinese = (said({"intervention": name, **fields}, lang) for lang in ("en", "zh"))
    assert english != chinese
    assert name not in english
