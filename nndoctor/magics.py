"""A cell as Python, line for line: what only IPython understands (magics, shell lines, help) is left out, and noted.

No command of a shell is run, ever. Standard library only.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass, field

TIMERS = ("time", "timeit", "prun", "memit")
"""Magics that run the Python behind them; here once, and untimed."""

FOREIGN = frozenset(
    {"!", "bash", "sh", "system", "sx", "script", "cmd", "perl", "ruby", "pypy", "python", "python2", "python3", "R"}
    | {"sql", "bigquery", "cython", "cpp", "cu", "julia", "html", "HTML", "svg", "SVG", "latex", "markdown"}
    | {"javascript", "js"}
)
"""Cell magics whose body is no Python of this process, even where it could be read as such."""

_CELL = re.compile(r"\s*%%(?P<name>\S+)(?P<rest>[^\n]*)\n?")
_LINE = re.compile(
    r"(?P<indent>\s*)(?:(?P<names>[A-Za-z_][\w.]*(?:\s*,\s*[A-Za-z_][\w.]*)*)\s*=\s*)?(?P<sign>[%!?])(?P<rest>.*)", re.S
)
_HELP = re.compile(r"(?P<indent>\s*)%?[A-Za-z_][\w.]*\?{1,2}\s*(?:#.*)?")
_TIMED = re.compile(r"(?P<name>\w+)\s+(?:-\w+(?:\s+\d+)?\s+)*(?P<body>[^-\s].*)", re.S)
_FILE = re.compile(r"\s*(?P<add>-a\s+)?(?P<quote>[\"']?)(?P<file>[^\n]+?)(?P=quote)\s*")


@dataclass(slots=True)
class Translation:
    """The Python of a cell; `left_out` are the lines not run, by number."""

    code: str
    left_out: dict[int, str] = field(default_factory=dict)


def translated(source: str) -> Translation:
    """The cell as Python with as many lines; code that is wrong in itself stays so."""
    magic = _CELL.match(source)
    return _lines(source) if magic is None else _cell(magic, source)


def _cell(magic: re.Match[str], source: str) -> Translation:
    name, above = magic["name"], magic[0].count("\n")
    head = source[: magic.end()].rstrip("\n")
    line = head.count("\n") + 1
    body = _lines(source[magic.end() :])
    if name in ("writefile", "file") and (file := _FILE.fullmatch(magic["rest"])):
        mode = "a" if file["add"] else "w"
        return Translation(f"open({file['file']!r}, {mode!r}, encoding='utf-8').write({source[magic.end() :]!r})")
    if name in FOREIGN or not body.code.strip() or not _parses(body.code):
        return Translation("", {line: head.strip()})
    left_out = {above + number: text for number, text in body.left_out.items()}
    return Translation("\n" * above + body.code, left_out if name in TIMERS else {line: head.strip(), **left_out})


def _lines(source: str) -> Translation:
    if _parses(source):
        return Translation(source)
    told = Translation("")
    done: list[str] = []
    rows = source.split("\n")
    while len(done) < len(rows):
        whole = _continued(rows, len(done))
        said = "\n".join(whole)
        python = _python(said) if _is_candidate(said) and _is_complete(done) else None
        if python is None:
            done.append(whole[0])
            continue
        if not _runs(said):
            told.left_out[len(done) + 1] = said.strip()
        done += [python, *[""] * (len(whole) - 1)]
    told.code = "\n".join(done)
    return told


def _continued(rows: list[str], start: int) -> list[str]:
    """The row with those that its backslashes carry on to."""
    end = start
    while rows[end].rstrip().endswith("\\") and end + 1 < len(rows):
        end += 1
    return rows[start : end + 1]


def _is_candidate(said: str) -> bool:
    return bool(_LINE.match(said) or _HELP.fullmatch(said))


def _is_complete(rows: list[str]) -> bool:
    """Whether a statement may begin after these rows: no bracket, string or backslash is open."""
    if rows and rows[-1].rstrip().endswith("\\"):
        return False
    try:
        for _ in tokenize.generate_tokens(io.StringIO("\n".join([*rows, ""])).readline):
            pass
    except (tokenize.TokenError, SyntaxError):
        return False
    return True


def _python(said: str) -> str | None:
    """What stands for an IPython line."""
    found = _LINE.match(said)
    if found is None:
        helped = _HELP.fullmatch(said)
        return _nothing(helped["indent"]) if helped else None
    timed = _timed(found)
    if timed is not None:
        # joined: its further rows are left empty
        body = " ".join(timed.replace("\\\n", " ").split("\n"))
        return found["indent"] + (f"{found['names']} = {body}" if found["names"] else body)
    if found["names"]:
        return f"{found['indent']}{found['names']} = {'[]' if found['sign'] == '!' else None}"
    return _nothing(found["indent"])


def _nothing(indent: str) -> str:
    """No statement, so that `from __future__` may follow; but a block must not be left empty."""
    return f"{indent}pass" if indent else ""


def _timed(found: re.Match[str]) -> str | None:
    """The Python behind a magic that times it."""
    timed = _TIMED.fullmatch(found["rest"].strip()) if found["sign"] == "%" else None
    if timed is None or timed["name"] not in TIMERS or (found["names"] and timed["name"] != "time"):
        return None
    return timed["body"]


def _runs(said: str) -> bool:
    found = _LINE.match(said)
    return found is not None and _timed(found) is not None


def _parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True
