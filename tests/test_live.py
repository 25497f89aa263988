"""nndoctor.examine on models in a living process: what it finds, and that nothing there is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
UNTOUCHED = ["sick", "healthy", "one batch", "a closure", "no optimizer", "a crash", "a hostile name"]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "tests.living"],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_a_sick_model_is_found_sick(found: dict[str, Any]) -> None:
    sick = found["sick"]
    assert sick["rules"][:1] == [["loss/softmax-before-cross-entropy", "confirmed"]], sick["text"]
    assert "self.cached.softmax(1)" in sick["text"]
    assert "srcdoc=" in sick["html"]
    assert "self.cached.softmax(1)" in sick["html"]


@pytest.mark.parametrize("how", ["healthy", "one batch", "a closure", "no optimizer", "graphs of its own"])
def test_a_healthy_model_is_left_alone(found: dict[str, Any], how: str) -> None:
    assert found[how]["rules"] == [], found[how]["text"]


@pytest.mark.parametrize("how", UNTOUCHED)
def test_nothing_of_the_users_nor_of_torch_is_changed(found: dict[str, Any], how: str) -> None:
    assert (found[how]["changed"], found[how]["patched"], found[how]["heard"]) == ([], [], 0)


def test_a_batch_of_the_users_is_not_written_into(found: dict[str, Any]) -> None:
    assert found["written into"] is False


def test_a_batch_that_does_not_fit_is_a_finding_not_an_exception(found: dict[str, Any]) -> None:
    assert ["architecture/dimension-mismatch", "confirmed"] in found["a crash"]["rules"], found["a crash"]["text"]


class Shown(HTMLParser):
    """The elements of a page, checked for being closed in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open = "", list[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "hr", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("how", UNTOUCHED)
def test_what_a_notebook_shows_is_one_frame_with_a_page_that_fetches_nothing(found: dict[str, Any], how: str) -> None:
    outer = Shown(found[how]["html"])
    [(tag, attributes)] = outer.tags
    assert (tag, outer.open, outer.text, set(attributes)) == ("iframe", [], "", {"srcdoc", "style", "title"})
    page = Shown(str(attributes["srcdoc"]))
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "link", "form", "base"}
    assert not [name for _, given in page.tags for name in given if name.startswith("on")]
    sources = [str(value) for _, given in page.tags for name, value in given.items() if name in ("src", "srcset")]
    assert all(source.startswith("data:") for source in sources)
    assert "default-src 'none'" in str([given.get("content") for tag, given in page.tags if tag == "meta"])


def test_names_of_the_users_are_escaped_twice(found: dict[str, Any]) -> None:
    page = Shown(str(Shown(found["a hostile name"]["html"]).tags[0][1]["srcdoc"]))
    assert "</code></iframe><script>alert(1)</script>" in page.text
    assert "script" not in {tag for tag, _ in page.tags}


def test_wrong_parts_are_refused_in_words(found: dict[str, Any]) -> None:
    model, iterator, empty = found["refused"]
    assert "the model is to be a torch.nn.Module, not int" in model
    assert "an iterator would be used up" in iterator
    assert "the loader gave no batch" in empty


def test_another_language_is_spoken(found: dict[str, Any]) -> None:
    assert "未发现已知病因" in found["a closure"]["text"]
