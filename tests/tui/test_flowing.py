"""Lines of Chinese are broken where Chinese breaks, and no style is lost by it."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static

from nndoctor.tui.widgets.flowing import Flowing, flowing

TOLD = Content.assemble("去掉 softmax，把", ("原始得分", "bold"), "直接交给损失函数；只在计算指标时再用 softmax。")


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Static(flowing(TOLD), markup=False)


async def test_chinese_fills_its_lines_and_keeps_its_styles() -> None:
    app = Page()
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        rows = [strip.text.rstrip() for strip in strips if strip.text.strip()]
        assert rows == ["去掉 softmax，把原始", "得分直接交给损失函", "数；只在计算指标时再", "用 softmax。"]
        bold = "".join(part.text for strip in strips for part in strip if part.style and part.style.bold)
        assert bold == "原始得分"
        assert app.query_one(Static).size.height == 4


def test_an_indented_line_stays_so() -> None:
    told = flowing(Content("事实\n  是"))
    assert isinstance(told, Flowing)
    assert told._broken(20).plain == "事实\n  是"


def test_later_lines_of_a_paragraph_hang_under_the_first() -> None:
    assert Flowing(Content("• one two\n• three"), hang="  ")._broken(9).plain == "• one\n  two\n• three"


def test_english_is_left_to_textual() -> None:
    plain = Content("Remove the softmax.")
    assert flowing(plain) is plain
