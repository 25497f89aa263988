"""The diagnosis: what is told of each finding, and what can be taken along."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nndoctor.case import Evidence, Fact, Image, Picture
from nndoctor.rulebook.pack import Rulebook
from tests.tui.clinic import Clinic, grid, recorded, rulebook, shows, to_diagnosis, told, until


async def test_a_finding_tells_evidence_line_picture_fix_and_why(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 90)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "confirmed · serious · common · loss/softmax-before-cross-entropy")
        shown = told(app)
        assert "→ Gradients vanish towards the input" in shown
        assert "→ The accuracy stays at chance" in shown
        assert "A softmax stands in front of the log-softmax of the loss" in shown
        assert "train.py:11  train_step" in shown
        assert "▸    11 │     loss = criterion(torch.softmax(logits, dim=1), y)" in shown
        assert "class 0 ██" in shown
        assert "- loss = criterion(torch.softmax(logits, dim=1), y)" in shown
        assert "+ loss = criterion(logits, y)" in shown
        assert "nn.CrossEntropyLoss takes logits" in shown
        assert "SparseCategoricalCrossentropy" in shown
        assert "when this is a false alarm" in shown


def with_a_cure() -> Rulebook:
    """The rulebook with a cure for the first cause that can be tried."""
    book, name = rulebook(), "loss/softmax-before-cross-entropy"
    rule = book.rules[name]
    remedy = rule.remedy.model_copy(update={"attempt": {"intervention": "logits_given"}})
    return replace(book, rules={**book.rules, name: rule.model_copy(update={"remedy": remedy})})


async def test_the_cure_is_tried_and_its_trial_shown_beside_the_controls(clinic: Clinic) -> None:
    app = clinic.app(load=with_a_cure)
    async with app.run_test(size=(120, 120)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "trial of the cure")
        shown = " ".join(told(app).replace("│", " ").split())
        assert "Cured: " in shown
        assert "as it is loss 2.05 symptoms left: 1 of 1" in shown
        assert "loss 0.1 symptoms left: 0 of 1" in shown
        assert "control: another seed" in shown
        assert "control: another change" in shown
        assert "Loss: sick, treated, and both controls" in shown
    assert [len(order.changes) for order in clinic.labs[0].tried] == [1, 1, 1]


async def test_the_echo_stands_under_its_cause_and_names_its_layers(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "✗ 2 └ Gradients vanish towards the input")
        await pilot.press("j")
        await shows(pilot, "caused by: Softmax in front")
        await shows(pilot, "0.weight 3.1e-08,")
        assert all(part in told(app) for part in ("2 of 4", "0.bias 2.2e-08", "rule: < 1e-06"))
        await shows(pilot, "▁▁▁▁▁▁")


async def test_ruled_out_and_not_examined_are_counted_and_listed_with_reasons(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        assert "ruled out 3" in told(app)
        await pilot.press("G", "k")
        await shows(pilot, "The graph of every step is kept alive")
        await shows(pilot, "the run was shorter than 50 steps")
        await pilot.press("k")
        await shows(pilot, "Logarithm of zero in the loss")
        await pilot.press("G")
        await shows(pilot, "– Memory over the steps  not measurable")


async def test_a_recognised_symptom_is_its_title_with_the_facts_that_say_most(clinic: Clinic) -> None:
    app = clinic.app()
    clinic.evidence = recorded(clinic.directory)
    clinic.evidence["loss_curve"] = Evidence("loss_curve", "measured", 0.2, {"turned_nonfinite": Fact(value=True)})
    says = rulebook().probes["loss_curve"].facts["turned_nonfinite"].says.in_language("en")
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("G", "k", "k", "k")
        await shows(pilot, "The loss becomes NaN or infinite  recognised in the run")
        await shows(pilot, f"  {says}  yes")
        assert "loss_curve.turned_nonfinite" not in told(app)


async def test_o_shows_the_whole_rule_with_its_condition(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("o")
        await until(pilot, lambda: app.screen.id == "rule")
        await shows(pilot, "loss_graph.softmax_before_log_softmax = true")
        await pilot.press("space")
        await shows(pilot, "When this is a false alarm")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "diagnosis")


async def test_the_filter_keeps_the_findings_that_contain_all_words(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("slash", *"vanish", "enter")
        await shows(pilot, "caused by: Softmax")
        assert not any("1 Softmax" in row for row in grid(app))
        await pilot.press("slash", "escape")
        await shows(pilot, "1 Softmax")


async def test_y_copies_the_finding_and_capital_y_the_fix(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Softmax in front of a cross" in app.clipboard)
        assert "```diff" in app.clipboard
        await pilot.press("Y")
        await until(pilot, lambda: app.clipboard == "logits = model(x)\nloss = criterion(logits, y)")


async def test_e_opens_the_line_in_the_editor(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = clinic.directory / "opened.txt"
    monkeypatch.setenv("VISUAL", f"sh -c 'echo \"$@\" > {opened}' editor")
    app = clinic.app()
    monkeypatch.setattr(type(app), "suspend", lambda _: open(os.devnull))  # noqa: SIM115, PTH123
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("e")
        await until(pilot, opened.exists)
    assert opened.read_text().strip() == f"+11 {clinic.directory}/train.py"


async def test_without_an_editor_e_says_so(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setenv("PATH", "")
    app = clinic.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("e")
        await shows(pilot, "Set EDITOR")


async def test_a_line_that_has_changed_since_is_shown_as_it_was(clinic: Clinic) -> None:
    app = clinic.app()
    (clinic.directory / "train.py").write_text("# all gone\n" * 30)
    async with app.run_test(size=(120, 60)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "▸    11 │ loss = criterion(torch.softmax(logits, dim=1), y)")
        assert "all gone" not in told(app)


@pytest.mark.parametrize(
    ("digit", "name", "begin"), [("1", "nndoctor-report.md", "# "), ("3", "nndoctor-report.json", "{")]
)
async def test_a_report_is_written_where_the_user_says(clinic: Clinic, digit: str, name: str, begin: str) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.id == "export")
        await pilot.press(digit)
        await shows(pilot, name)
        await pilot.press("enter")
        await shows(pilot, "Written to")
        written = (Path.cwd() / name).read_text()
        assert written.startswith(begin)
        assert "loss/softmax-before-cross-entropy" in written
        if digit == "3":
            assert json.loads(written)["findings"][0]["rank"] == 1


async def test_an_existing_file_is_replaced_only_on_a_second_enter(clinic: Clinic) -> None:
    kept = clinic.directory / "nndoctor-report.md"
    kept.write_text("mine")
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.id == "export")
        await pilot.press("enter")
        await shows(pilot, "already; enter once more")
        assert kept.read_text() == "mine"
        await pilot.press("enter")
        await shows(pilot, "Written to")
        assert kept.read_text() != "mine"


async def test_a_path_that_can_not_be_written_is_said(clinic: Clinic) -> None:
    (clinic.directory / "a file").touch()
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("r")
        await until(pilot, lambda: app.screen.id == "export")
        await pilot.press("i", "ctrl+u", *"a file/report.md", "enter")
        await shows(pilot, "Not written")
        await pilot.press("ctrl+u", "enter")
        await shows(pilot, "this names no file")


INK = " .:-=+*#"


@pytest.mark.parametrize(
    ("encoding", "colours", "shown"), [("utf-8", True, "▀▀▀▀▀▀▀▀"), ("ascii", True, INK), ("utf-8", False, INK)]
)
async def test_images_are_half_blocks_or_ink_where_there_are_no_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, colours: bool, shown: str
) -> None:
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    image = Image.packed((8, 8, 1), bytes(range(0, 208, 26)) * 8)
    images = Picture("images", {"en": "The first images"}, (), ("7",), images=(image,), note={"en": "black is 0"})
    found = recorded(tmp_path)
    found["loss_graph"] = replace(found["loss_graph"], pictures=(images,))
    clinic = Clinic(tmp_path, evidence=found)
    app = clinic.app(encoding=encoding)
    async with app.run_test(size=(120, 90)) as pilot:
        await to_diagnosis(pilot)
        await shows(pilot, "The first images")
        text = told(app)
        assert shown in text
        assert "black is 0" in text
