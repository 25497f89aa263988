"""What happens meanwhile, on stderr: one line that changes where somebody watches, a few lines where nobody does."""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, TextIO

from nndoctor.engine.plan import Run
from nndoctor.engine.step import Step
from nndoctor.engine.treatment import Treat
from nndoctor.report import code, treatments
from nndoctor.report.words import Language
from nndoctor.report.wrapping import cells
from nndoctor.rulebook.pack import Rulebook
from nndoctor.wire import News, Printed, Progressed, RunBegan, RunFinished

WATCH = "watch"
REDRAW_SECONDS = 0.1
SPARSE_SECONDS = 30.0
_CLEAR = "\r\x1b[K"

_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "start": ("starting Python and torch", "正在启动 Python 与 torch"),
        "watch": ("watching {target}, {limit:.0f} s at most", "正在观察 {target}，最多 {limit:.0f} 秒"),
        "rerun": (
            "running {target} again, {limit:.0f} s at most",
            "再次运行 {target}，最多 {limit:.0f} 秒",
        ),
        "step": (
            "{iterations} iterations, loss {loss}, {seconds:.0f} s",
            "{iterations} 次迭代，损失 {loss}，{seconds:.0f} 秒",
        ),
        "ended": (
            "{target} {how} after {seconds:.0f} s and {iterations} iterations",
            "{target} {how}，用时 {seconds:.0f} 秒，{iterations} 次迭代",
        ),
        "probe": ("probe: {title}", "探查：{title}"),
        "treated": ("trying the cure of {cause}: {changes}", "试治 {cause}：{changes}"),
        "other_seed": ("control of the trial: {changes}", "试治的对照：{changes}"),
        "other_change": ("control of the trial: {changes}", "试治的对照：{changes}"),
        "finished": ("finished", "已结束"),
        "exception": ("ended with an exception", "因异常结束"),
        "exit": ("ended by itself with a status", "自行退出"),
        "signal": ("was killed by a signal", "被信号终止"),
        "hung": ("stood still and was ended", "停滞不前，已被终止"),
        "stopped": ("was still training and was ended", "仍在训练，已被终止"),
    }
)


class Watch:
    """What was heard of the watched run: how it ended, how far it came, what it said last."""

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self.began = False
        self.how = ""
        self.code = 0
        self.iterations = 0
        self.last_words: deque[str] = deque(maxlen=200)

    def hear(self, news: News) -> None:
        """Takes one piece of news."""
        match news:
            case RunBegan(purpose="watch"):
                self.began = True
            case Progressed(purpose="watch"):
                self.iterations = max(self.iterations, news.iteration)
            case RunFinished(purpose="watch"):
                self.how, self.code = news.how, news.code
            case Printed(stream="stderr") if not self.how:
                self.last_words.append(news.text)
            case _:
                pass

    def said(self, lines: int) -> str:
        """The last lines that the script wrote on stderr."""
        return "\n".join(code.block(line) for line in "".join(self.last_words).rstrip().splitlines()[-lines:])


class Teller(Protocol):
    """Who tells how far the examination is."""

    def hear(self, news: News) -> None:
        """Takes one piece of news."""
        ...

    def step(self, step: Step) -> None:
        """Hears what comes next."""
        ...

    def close(self) -> None:
        """Has nothing more to tell."""
        ...


class Silence:
    """Tells nothing."""

    def hear(self, news: News) -> None:
        """Is not told."""

    def step(self, step: Step) -> None:
        """Is not told."""

    def close(self) -> None:
        """Leaves nothing behind."""


class Progress:
    """Tells on a stream how far it is."""

    def __init__(self, stream: TextIO, target: str, rulebook: Rulebook, lang: Language) -> None:
        """On a terminal one line is drawn over and over; else a line is written when something begins or ends."""
        self._stream = stream
        self._live = stream.isatty()
        self._target = code.line(target)
        self._rulebook = rulebook
        self._column = 1 if lang == "zh" else 0
        self._head = ""
        self._last = 0.0
        self._loss = "-"
        self._iterations = 0
        self._announce(self._say("start"))

    def step(self, step: Step) -> None:
        """Names the probe; in a log only one that runs the script again, for the free ones would hide the rest."""
        if isinstance(step, Treat):
            language: Language = "zh" if self._column else "en"
            cause = self._rulebook.rules[step.rule].title.in_language(language)
            changes = treatments.all_said(step.changes, step.edits, language)
            self._announce(self._say(step.arm, cause=code.line(cause), changes=changes))
        card = self._rulebook.probes.get(step.probe_id) if isinstance(step, Run) else None
        if card is not None and (self._live or card.cost != "free"):
            title = card.title.in_language("zh" if self._column else "en")
            self._announce(self._say("probe", title=code.line(title)))

    def hear(self, news: News) -> None:
        """Tells the beginning, the way and the end of each run."""
        match news:
            case RunBegan():
                key = "watch" if news.purpose == WATCH else "rerun"
                self._head = self._say(key, target=self._target, limit=news.seconds)
                self._loss, self._iterations, self._last = "-", 0, time.monotonic()
                self._announce(self._head)
            case Progressed():
                self._note(news)
            case RunFinished():
                how = self._say(news.how) if news.how in _PHRASES else news.how
                ended = {"target": self._target, "how": how, "seconds": news.seconds, "iterations": self._iterations}
                self._announce(self._say("ended", **ended))
            case _:
                pass

    def close(self) -> None:
        """Takes the changing line away."""
        if self._live:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def _note(self, news: Progressed) -> None:
        self._iterations = news.iteration
        finite = [loss for _, loss in news.points if loss is not None]
        if news.points:
            self._loss = f"{finite[-1]:.4g}" if news.points[-1][1] is not None else "nan"
        far = {"iterations": news.iteration, "loss": self._loss, "seconds": news.seconds}
        self._draw(f"{self._head}: {self._say('step', **far)}")

    def _say(self, key: str, **values: object) -> str:
        return _PHRASES[key][self._column].format(**values)

    def _announce(self, text: str) -> None:
        if self._live:
            self._draw(text, at_once=True)
        else:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def _draw(self, text: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._last < (REDRAW_SECONDS if self._live else SPARSE_SECONDS):
            return
        self._last = now
        if self._live:
            self._stream.write(f"{_CLEAR}{_cut(text, shutil.get_terminal_size().columns - 1)}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()


def _cut(text: str, width: int) -> str:
    while cells(text) > max(width, 1):
        text = text[:-1]
    return text
