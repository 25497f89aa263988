"""Reads packs from their folders: what is where, what it says, and everything that is wrong, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from nndoctor.rulebook.card import ProbeCard, card_page
from nndoctor.rulebook.pack import PackError, Problem, Rulebook
from nndoctor.rulebook.page import Page, Trouble, yaml_page
from nndoctor.rulebook.reference import Names, Sort, dangling
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom

_SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
_PROBE_ID = re.compile(r"[a-z][a-z0-9_]*")
_SYMPTOM_ID = re.compile(_SLUG)
_RULE_ID = re.compile(f"{_SLUG}/{_SLUG}")


@dataclass(slots=True)
class Reading:
    """Packs as far as they could be read, the pages by file, and what is wrong."""

    book: Rulebook
    pages: Mapping[str, Page]
    problems: list[Problem] = field(default_factory=list)


def builtin() -> Path:
    """The root of the pack that ships with us: the repository in a checkout, the package folder in a wheel."""
    package = Path(__file__).resolve().parent.parent
    return package if (package / "knowledge").is_dir() else package.parent


def load(packs: Sequence[Path]) -> Rulebook:
    """The rulebook of all packs together. Raises PackError with every problem found."""
    reading = read(packs)
    if reading.problems:
        raise PackError(tuple(reading.problems))
    return reading.book


def read(packs: Sequence[Path]) -> Reading:
    """The packs as far as they can be read, and what is wrong with them."""
    shelf = _Shelf()
    for pack in packs:
        shelf.take(pack)
    book = Rulebook(
        MappingProxyType(dict(sorted(shelf.rules.items()))),
        MappingProxyType(dict(sorted(shelf.symptoms.items(), key=lambda item: (item[1].order, item[0])))),
        MappingProxyType(dict(sorted(shelf.probes.items()))),
    )
    names = Names(book, frozenset(shelf.files))
    for file, at, message, hint in dangling(names):
        shelf.pages[file].trouble(at, message, hint)
    told = (
        Problem(page.file, *trouble.position, trouble.message, trouble.hint)
        for page in shelf.pages.values()
        for trouble in page.troubles
    )
    return Reading(book, shelf.pages, sorted(chain(shelf.problems, told)))


@dataclass(slots=True)
class _Shelf:
    """What has been read so far. `files` also has the ids whose files can't be read."""

    rules: dict[str, Rule] = field(default_factory=dict)
    symptoms: dict[str, Symptom] = field(default_factory=dict)
    probes: dict[str, ProbeCard] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    files: dict[tuple[Sort, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def take(self, pack: Path) -> None:
        """Reads all of one pack."""
        knowledge, probes = pack / "knowledge", pack / "probes"
        if not knowledge.is_dir() and not probes.is_dir():
            self.problems.append(Problem(str(pack), 1, 1, "no pack: it has neither knowledge/ nor probes/"))
        for path in sorted(probes.glob("*.py")):
            if not path.name.endswith("_test.py") and path.name not in {"__init__.py", "conftest.py"}:
                self._take_probe(path)
        for path, id_ in self._yaml_files(knowledge / "symptoms", _SYMPTOM_ID, "<symptom>.yaml"):
            page = self._opened(path, ("symptom", id_), yaml_page)
            symptom = page and page.built(Symptom, id=id_, file=str(path))
            if symptom:
                self.symptoms[id_] = symptom
        for path, id_ in self._yaml_files(knowledge / "rules", _RULE_ID, "<family>/<cause>.yaml"):
            page = self._opened(path, ("rule", id_), yaml_page)
            rule = page and page.built(Rule, id=id_, file=str(path))
            if rule:
                self.rules[id_] = rule

    def _take_probe(self, path: Path) -> None:
        if not _PROBE_ID.fullmatch(path.stem):
            self.problems.append(Problem(str(path), 1, 1, "a probe's file is named in small letters and underscores"))
            return
        page = self._opened(path, ("probe", path.stem), card_page)
        card = page and page.built(ProbeCard, id=path.stem, path=str(path))
        if card:
            self.probes[path.stem] = card

    def _yaml_files(self, folder: Path, wanted: re.Pattern[str], place: str) -> Iterator[tuple[Path, str]]:
        for path in sorted(chain(folder.rglob("*.yaml"), folder.rglob("*.yml"))):
            id_ = path.relative_to(folder).with_suffix("").as_posix()
            if path.suffix == ".yaml" and wanted.fullmatch(id_):
                yield path, id_
            else:
                hint = f"{folder.name}/{place}, in small letters, digits and hyphens"
                self.problems.append(Problem(str(path), 1, 1, "no file of that name has a place here", hint))

    def _opened(self, path: Path, id_: tuple[Sort, str], reader: Callable[[str, str], Page]) -> Page | None:
        if id_ in self.files:
            self.problems.append(
                Problem(str(path), 1, 1, f"{id_[0]} {id_[1]!r} is there already, in {self.files[id_]}")
            )
            return None
        self.files[id_] = str(path)
        try:
            page = reader(str(path), path.read_text(encoding="utf-8"))
        except Trouble as trouble:
            self.problems.append(Problem(str(path), *trouble.position, trouble.message, trouble.hint))
        except (OSError, UnicodeDecodeError) as wrong:
            self.problems.append(Problem(str(path), 1, 1, f"unreadable: {wrong}"))
        else:
            self.pages[str(path)] = page
            return page
        return None
