"""The curve widget where its screen comes and goes."""

from __future__ import annotations

from textual.app import App, ComposeResult

from nndoctor.tui.widgets.curve import Curve, Line


class Plot(App[None]):
    """A curve alone."""

    def compose(self) -> ComposeResult:
        """As a screen would."""
        yield Curve()


async def test_a_curve_whose_screen_was_left_before_it_was_drawn_draws_nothing() -> None:
    app = Plot()
    async with app.run_test() as pilot:
        curve = app.query_one(Curve)
        await curve.remove_children()
        curve.draw([Line("loss", ((0.0, 1.0), (1.0, 0.5)))])
        await pilot.pause()
