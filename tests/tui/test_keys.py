"""Keys, footer, help and palette: the same habits on every screen."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from nndoctor.tui.screens.room import Room
from nndoctor.tui.widgets.key_line import MOST_KEYS, shown
from tests.tui.clinic import Clinic, grid, shows, to_diagnosis, told, until


async def every_room(clinic: Clinic, pilot: Pilot[None]) -> list[Room]:
    """The screens of a whole visit; the last one is on top."""
    await shows(pilot, "train.py")
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.screen.id == "symptoms")
    await until(pilot, lambda: bool(clinic.labs))
    await pilot.pause(0.1)
    await pilot.press("3", "enter")
    await until(pilot, lambda: pilot.app.screen.id == "interview")
    await pilot.press("1")
    await pilot.pause()
    await pilot.press("1")
    await until(pilot, lambda: pilot.app.screen.id == "diagnosis")
    await pilot.press("r")
    await until(pilot, lambda: pilot.app.screen.id == "export")
    return [screen for screen in pilot.app.screen_stack if isinstance(screen, Room)]


async def uncovered(pilot: Pilot[None], room: Room) -> None:
    await until(pilot, lambda: pilot.app.screen is room)


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_no_screen_shows_more_than_six_keys_at_80_columns(clinic: Clinic, lang: str) -> None:
    app = clinic.app("zh" if lang == "zh" else "en", target=False)
    async with app.run_test(size=(80, 24)) as pilot:
        rooms = await every_room(clinic, pilot)
        assert [room.PLACE for room in rooms] == [
            "intake",
            "symptoms",
            "interview",
            "examination",
            "diagnosis",
            "export",
        ]
        while rooms:
            room = rooms.pop()
            keys = shown(room.active_bindings.values(), room.FOREMOST, 79)
            assert 4 <= len(keys) <= MOST_KEYS
            assert {"help", "quit"} <= {key.id for key in keys}
            assert ("back" in {key.id for key in keys}) is (room.PLACE != "intake")
            assert len(grid(app)[-1]) <= 80
            if rooms:
                await pilot.press("escape")
                await uncovered(pilot, rooms[-1])


async def test_help_tells_what_the_place_is_for_and_every_key(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await to_diagnosis(pilot)
        await pilot.press("question_mark")
        await shows(pilot, "The root cause comes first")
        shown_keys = told(app)
        for key in ("copy the fix", "edit", "report", "filter", "quit", "↓ j", "end G"):
            assert key in shown_keys
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen.id == "diagnosis")


async def test_letters_belong_to_the_line_while_one_types(clinic: Clinic) -> None:
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        await shows(pilot, "train.py")
        await pilot.press("i", *"quit?")
        await shows(pilot, "quit?")
        assert app.screen.id == "intake"
        assert app.return_code is None


async def test_the_palette_has_every_action_of_the_place(clinic: Clinic) -> None:
    app = clinic.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await to_diagnosis(pilot)
        commands = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Report", "Copy", "Copy the fix", "Edit", "Back", "Help", "Quit", "Theme"} <= commands
        await pilot.press("ctrl+p", *"report")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "export")


async def test_every_binding_of_ours_has_an_id_and_words(clinic: Clinic) -> None:
    app = clinic.app(target=False)
    async with app.run_test() as pilot:
        for room in await every_room(clinic, pilot):
            for bindings in room._bindings.key_to_bindings.values():
                for binding in bindings:
                    assert not binding.description.startswith("key.")
                    if binding.action not in {"app.focus_next", "app.focus_previous", "screen.copy_text"}:
                        assert binding.id, binding
