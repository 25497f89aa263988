"""Names, output, messages and paths that look like markup or try to move the cursor: plain text, or nothing."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content

from nndoctor.case import Case, Evidence, Fact, Patient, Picture, Place, Series
from nndoctor.engine.diagnose import diagnose
from nndoctor.report.document import Document, document
from nndoctor.tui.widgets import detail
from nndoctor.tui.widgets.finding_list import rows
from nndoctor.tui.widgets.picture import Bars, Strip
from nndoctor.tui.words import Words
from tests.tui.clinic import Clinic, recorded, rulebook, shows, to_diagnosis, told, until

NASTY = (
    "[/foo]",
    "[32, 10]",
    "[red]x[/red]",
    "\x1b[2J\x1b[31m",
    "\u202egnp.exe",
    "a\x00b\x07c",
    "[@click=app.quit]q[/]",
    "\\[",
)
hostile = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))


@pytest.mark.parametrize("name", NASTY)
async def test_a_script_with_such_a_name_output_and_layers_is_examined(clinic: Clinic, name: str) -> None:
    evidence = recorded(clinic.directory)
    graph = evidence["loss_graph"]
    picture = Picture(
        "bars", {"en": name, "zh": name}, (Series(name, (0.0, 1.0), (1.0, None)),), (name, "b"), ((0.0, name),)
    )
    place = Place(f"{name}.py", 3, f"loss = f({name})", name)
    facts = {"softmax_before_log_softmax": Fact(True, (place,))}
    evidence["loss_graph"] = dataclasses.replace(graph, facts=facts, pictures=(picture,))
    evidence["gradient_flow"] = Evidence(
        "gradient_flow", "measured", facts={"ratio_by_layer": Fact({name: 1e-9, "z": 1.0})}
    )
    evidence["memory_growth"] = Evidence("memory_growth", "crashed", why=f"ValueError: {name}")
    clinic.evidence = evidence
    app = clinic.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await to_diagnosis(pilot)
        for _ in range(6):
            await pilot.press("j")
            await pilot.pause(0.05)
        assert app.screen.id == "diagnosis"
        assert "\x1b" not in told(app)
        assert "\u202e" not in told(app)


async def test_printed_markup_is_shown_as_it_was_printed(clinic: Clinic) -> None:
    clinic.open = False
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 A check-up")
        await pilot.press("1", "enter")
        await until(pilot, lambda: app.screen.id == "examination")
        assert app.consultation is not None
        assert app.consultation.attendance is not None
        app.consultation.attendance.chart.transcript.feed("stdout", "\n[/foo] x [32, 10] \x1b[2Jy\n")
        app.screen.query_one("#log-pane").refresh()
        app.consultation._follow()
        await shows(pilot, "[/foo] x [32, 10] y")


def told_of(name: str, value: float) -> Document:
    place = Place(name, 3, name, name)
    evidence = Evidence("loss_graph", "measured", facts={"softmax_before_log_softmax": Fact(True, (place,))}, why=name)
    flow = Evidence("gradient_flow", "measured", facts={"ratio_by_layer": Fact({name: value})})
    case = Case(Patient(name, arguments=(name,))).complaining_of("accuracy-stuck-at-chance").with_evidence(evidence)
    case = case.with_evidence(flow)
    return document(case, diagnose(case, rulebook()), rulebook(), "en")


@settings(max_examples=60, deadline=None)
@given(hostile, st.floats(allow_nan=False, allow_infinity=False))
def test_no_text_breaks_the_telling_of_a_finding(name: str, value: float) -> None:
    told = told_of(name, value)
    words = Words("en")
    for row in rows(told, words):
        assert isinstance(row.shown, Content)
    for cause in told.findings:
        assert list(detail.finding(cause, told, words))
    for tell in (detail.symptoms, detail.ruled_out, detail.not_examined, detail.probes, detail.nothing_found):
        assert list(tell(told, words))


finite = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(hostile, finite), max_size=60), st.booleans())
def test_no_numbers_break_bars_or_strips(values: list[tuple[str, float | None]], logarithmic: bool) -> None:
    xs = tuple(float(x) for x in range(len(values)))
    series = Series("s", xs, tuple(value for _, value in values))
    names = tuple(name for name, _ in values)
    picture = Picture("strip", {"en": "t"}, (series, series), names, logarithmic=logarithmic)
    assert isinstance(Strip(picture).render(), Content)
    assert isinstance(Bars(picture).render(), Content)
