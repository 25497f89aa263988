"""Reports: what they tell, what they keep out, and that they come out the same from their own JSON."""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nndoctor.case import Case, Evidence, Fact, Patient, Picture, Series, Watching
from nndoctor.engine.diagnose import diagnose
from nndoctor.engine.judge import Witness
from nndoctor.report import code, plots, points, values
from nndoctor.report.document import Document, document
from nndoctor.report.html import html, prose
from nndoctor.report.json_report import case_of, json_report, schema
from nndoctor.report.links import rows, rows_below
from nndoctor.report.markdown import LIMIT, cause_markdown, fenced, inline, markdown
from nndoctor.report.sections import Clause, Named, Sign
from nndoctor.report.terminal import terminal
from nndoctor.report.words import Language, language_of
from nndoctor.report.wrapping import WIDTH, cells, wrapped
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule
from tests import told
from tests.schema import violations

LANGUAGES: tuple[Language, ...] = ("en", "zh")
FOREIGN = st.text(alphabet=st.characters(codec=None), max_size=80)


def is_printable(text: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") and character != "\n" for character in text)


# the document


def test_findings_come_in_causal_order_with_their_chain() -> None:
    first, second = told.told().findings
    assert (first.rank, first.rule.id, first.status) == (1, "loss/softmax-before-cross-entropy", "confirmed")
    assert [effect.title for effect in first.leads_to] == ["It learns too slowly", "Gradients vanish"]
    assert [cause.id for cause in second.caused_by] == ["loss/softmax-before-cross-entropy"]


def test_evidence_tells_measured_against_expected_and_the_line_of_code() -> None:
    first, second = told.told().findings
    assert (first.evidence[0].measured, first.evidence[0].expected) == ("yes", "= true")
    assert [(place.file, place.line) for place in first.places] == [("train.py", 42)]
    assert second.evidence[0].measured.startswith("2 of 3: a</style> 1e-09")
    assert second.evidence[0].expected == "< 1e-06"


def test_a_training_written_with_keras_is_shown_the_fix_in_keras() -> None:
    case = told.case().with_evidence(Evidence("written_with", "measured", 0.0, {"library": Fact("keras")}))
    first = document(case, diagnose(case, told.rulebook()), told.rulebook(), "en").findings[0]
    assert (first.fix.before, first.fix.after, first.fix.keras) == ("", "loss = Loss(from_logits=True)", "")
    assert told.told().findings[0].fix.keras == "loss = Loss(from_logits=True)"


def test_a_finding_shows_the_pictures_of_its_witnesses_only() -> None:
    first, second = told.told().findings
    assert first.pictures == (told.CURVE,)
    assert second.pictures == (told.STRIP, told.BARS, told.IMAGES)
    assert all(probe.pictures == () for probe in told.told().probes)


def test_a_cause_in_the_data_shows_what_the_network_is_shown() -> None:
    book = told.rulebook()
    rule = book.rules["loss/softmax-before-cross-entropy"].model_copy(update={"id": "data/blurred"})
    book = Rulebook({**book.rules, rule.id: rule}, book.symptoms, book.probes)
    causes = {cause.rule.id: cause for cause in document(told.case(), diagnose(told.case(), book), book, "en").findings}
    assert causes["data/blurred"].pictures == (told.IMAGES, told.CURVE)
    assert causes["loss/softmax-before-cross-entropy"].pictures == (told.CURVE,)
    assert causes["gradients/vanishing"].pictures == (told.STRIP, told.BARS, told.IMAGES)


def test_what_is_left_says_what_it_needs_and_why_it_is_missing() -> None:
    left = {one.rule.id: one for one in told.told().not_examined}
    assert left["memory/leak"].needs == ("memory.growth",)
    assert "ValueError" in left["memory/leak"].why
    assert "looked" in left["data/unseen"].why


def test_the_headline_says_what_was_found_or_that_nothing_could_be() -> None:
    assert told.told().headline == "2 causes confirmed; start with: Softmax before cross-entropy"
    nothing = Case(Patient("train.py"))
    book = told.rulebook()
    assert "not one fact" in document(nothing, diagnose(nothing, book), book, "en").headline
    well = nothing.with_evidence(Evidence("memory", "measured", facts={"growth": Fact(0.0)}))
    assert document(well, diagnose(well, book), book, "en").headline.startswith("No known cause found: 1 ruled out, 3")


def test_the_chain_is_told_in_every_format_with_its_steps() -> None:
    rate = Case(Patient("train.py")).with_evidence(Evidence("memory", "measured", facts={"growth": Fact(3e9, step=4)}))
    seen = rate.with_evidence(Evidence("loss_graph", "measured", facts={"softmax": Fact(value=True, step=9)}))
    book = told.rulebook()
    report = document(seen, diagnose(seen, book), book, "en")
    leak = next(cause for cause in report.findings if cause.rule.id == "memory/leak")
    assert rows(leak.chain, "en") == ("Memory grows (Growth: 2.794 GiB), step 4", "→ It learns too slowly, step 9")
    assert rows_below(leak.chain, "en") == ("Growth: 2.794 GiB, step 4", "→ It learns too slowly, step 9")
    for text in (terminal(report), html(report)):
        assert "How it came about" in text
        assert "→ It learns too slowly, step 9" in text
    assert "2. → It learns too slowly, step 9" in markdown(report)
    written = json.loads(json_report(report))
    links = next(finding["chain"] for finding in written["findings"] if finding["rule"] == "memory/leak")
    assert [(link["kind"], link["id"], link["step"]) for link in links] == [
        ("cause", "memory/leak", 4),
        ("symptom", "learns-too-slowly", 9),
    ]
    assert violations(written, json.loads(schema())) == []
    assert case_of(json_report(report))[0] == seen


def test_a_report_speaks_the_language_asked_for() -> None:
    chinese = told.told("zh")
    assert chinese.findings[0].rule.title == "交叉熵之前多做了一次 softmax"
    assert chinese.answers == (("看过吗？", "不知道"),)
    assert 'lang="zh-Hans"' in html(chinese)
    assert "修复方法" in markdown(chinese)


@pytest.mark.parametrize(("tag", "language"), [("zh_CN.UTF-8", "zh"), ("en_GB", "en"), ("de_DE", "en"), ("", "en")])
def test_the_language_comes_from_the_locale(tag: str, language: str) -> None:
    assert language_of(tag) == language


# values


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.123456, "", "0.1235"),
        (1e-9, "", "1e-09"),
        (1234567.0, "", "1,234,567"),
        (3, "nats", "3 nats"),
        (1536.0, "bytes", "1.5 KiB"),
        (-2.5e9, "bytes", "-2.328 GiB"),
        (0.25, "seconds", "0.25 s"),
        (float("nan"), "", "nan"),
    ],
)
def test_numbers_read_well(value: float, unit: str, shown: str) -> None:
    assert values.number(value, unit) == shown


def test_of_very_many_layers_some_are_named_and_the_rest_counted() -> None:
    layers = {f"encoder.layers.{index}.weight": 1e-9 for index in range(300)}
    seen = values.measured(Witness("g.r", layers, "< 1e-6", layers=tuple(layers)), "", "en")
    assert seen.startswith("300 of 300: encoder.layers.0.weight 1e-09")
    assert len(seen) < 200
    assert re.search(r"\(\+29\d\)$", seen)


def test_a_long_or_wide_sample_is_clipped_and_says_so() -> None:
    assert code.line("x" * 5000).endswith("…")
    clipped = code.block("\n".join(["y" * 5000] * 5000)).split("\n")
    assert len(clipped) == code.MOST_LINES + 1
    assert clipped[-1] == "…"


def test_what_a_pack_says_is_told_whole() -> None:
    assert code.prose("word " * 500 + "\n\n  two\n lines \u202e\n") == ("word " * 500).strip() + "\n\ntwo lines "


def test_a_line_broken_in_a_file_leaves_no_space_in_chinese() -> None:
    assert code.paragraphs("两次 softmax：\n0 到 1，\n损\n失 a b") == "两次 softmax：0 到 1，损失 a b"


@given(FOREIGN)
def test_no_invisible_character_gets_through(text: str) -> None:
    for shown in (code.line(text), code.block(text), code.prose(text)):
        assert is_printable(shown.replace("\u200c", "").replace("\u200d", ""))
        shown.encode()
    assert "\n" not in code.line(text)


def test_a_path_inside_the_patients_directory_is_told_from_there() -> None:
    assert code.near("/home/me/a/b.py", "/home/me") == "a/b.py"
    assert code.near("/opt/b.py", "/home/me") == "/opt/b.py"
    assert code.near("/home/me/b.py", ".") == "/home/me/b.py"


# HTML


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(html(told.told()))


def test_the_page_runs_and_fetches_nothing(page: Page) -> None:
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "form", "base", "svg"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    sources = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(sources) == 4
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_the_page_forbids_what_it_does_not_need(page: Page) -> None:
    [policy] = [a["content"] or "" for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy


def test_only_links_to_pages_are_links(page: Page) -> None:
    links = {attributes["href"] or "" for tag, attributes in page.tags if tag == "a"}
    assert all(link.startswith(("https://", "#")) for link in links)
    assert "javascript:alert(1)" in "".join(page.text)


def test_what_others_wrote_stands_there_as_text(page: Page) -> None:
    text = "".join(page.text)
    assert "</script><img src=x onerror=alert(1)>|`[/b]{{7*7}}" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_has_a_dark_face_and_a_paper_one() -> None:
    written = html(told.told())
    assert "prefers-color-scheme: dark" in written
    assert "@media print" in written
    assert '<html lang="en">' in written


def test_code_in_prose_is_set_as_code() -> None:
    assert prose("Use `a.b` here.\n\nThen stop.") == [
        [("text", "Use "), ("code", "a.b"), ("text", " here.")],
        [("text", "Then stop.")],
    ]


# pictures


@pytest.mark.parametrize("picture", [told.CURVE, told.STRIP, told.BARS, told.IMAGES], ids=lambda picture: picture.kind)
def test_the_same_picture_gives_the_same_bytes_and_no_warning(picture: Picture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plots.svg(picture, "zh") == plots.svg(picture, "zh")


def test_sick_is_orange_and_dashed_and_treated_is_blue_and_solid() -> None:
    drawn = plots.svg(told.CURVE, "en")
    [sick] = re.findall(rf"stroke-dasharray: [^;]*;[^\"]*stroke: {plots.SICK}", drawn)[:1]
    assert sick
    assert re.search(rf"fill: none; stroke: {plots.TREATED}; stroke-width: 1.5; stroke-linecap: square", drawn)
    assert "first NaN" in drawn
    assert "not finite" in drawn


@pytest.mark.parametrize("kind", ["curve", "strip", "bars", "images"])
@pytest.mark.parametrize("heights", [(), (None, None), (0.0, 0.0), (1.0,), (1e300, -1e300), (1e-300, 1e300)])
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.filterwarnings("error")
def test_a_picture_of_little_is_drawn_all_the_same(
    kind: str, heights: tuple[float | None, ...], logarithmic: bool
) -> None:
    series = Series("s", tuple(float(x) for x in range(len(heights))), heights)
    names = tuple(f"layer{x}" for x in range(len(heights)))
    for shown in ((series,), () if not heights else (series, series)):
        drawn = plots.svg(Picture(kind, {"en": "t"}, shown, names, logarithmic=logarithmic), "en")  # type: ignore[arg-type]
        assert drawn.startswith("<svg")


def test_a_long_curve_keeps_its_peak_and_its_gap() -> None:
    heights: list[float | None] = [1.0] * 50_000
    heights[31_234], heights[40_001] = 99.0, None
    thin = points.thinned(Series("loss", tuple(float(x) for x in range(50_000)), tuple(heights)))
    assert len(thin.y) <= points.MOST_POINTS + 2
    assert dict(zip(thin.x, thin.y, strict=True)).items() >= {31_234.0: 99.0, 40_001.0: None, 49_999.0: 1.0}.items()


# Markdown


def test_what_the_network_is_shown_is_told_without_pictures_too() -> None:
    for text in (markdown(told.told()), terminal(told.told())):
        assert "The first images" in text
        assert "%%" in text


def test_markdown_keeps_foreign_signs_from_meaning_anything() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(markdown(told.told()))
    page = Page(rendered)
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert {len(re.findall("<t[hd]>", row)) for row in re.findall("<tr>.*?</tr>", rendered, re.DOTALL)} <= {2, 3, 4}
    assert [text for text in page.text if "onerror" in text]


def test_markdown_shows_the_fix_as_a_diff() -> None:
    written = cause_markdown(told.told().findings[0], "en")
    assert "```diff\n  def forward(x):\n-     return softmax(net(x))\n+     return net(x)\n```" in written
    assert "`train.py:42`" in written


@pytest.mark.parametrize(("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("", "")])
def test_code_spans_hold_backticks(text: str, shown: str) -> None:
    assert inline(text) == shown


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert fenced("```\nx\n```").startswith("````\n")


def test_markdown_of_very_much_fits_github_and_ends_whole() -> None:
    book = told.rulebook()
    [rule] = [rule for rule in book.rules.values() if rule.id == "gradients/vanishing"]
    many = {f"many/rule-{n}": rule.model_copy(update={"id": f"many/rule-{n}"}) for n in range(400)}
    case = told.case()
    much = Rulebook({**book.rules, **many}, book.symptoms, book.probes)
    written = markdown(document(case, diagnose(case, much), much, "en"))
    assert len(written) < LIMIT
    assert "Shortened to fit" in written
    assert written.count("<details>") == written.count("</details>")
    assert written.count("```") % 2 == 0


# JSON


@pytest.mark.parametrize("lang", LANGUAGES)
def test_json_keeps_to_its_schema(lang: Language) -> None:
    assert violations(json.loads(json_report(told.told(lang))), json.loads(schema())) == []


def test_json_has_the_fields_that_programs_go_by() -> None:
    report = json.loads(json_report(told.told()))
    assert report["schema"] == 1
    assert [finding["rule"] for finding in report["findings"]] == [
        "loss/softmax-before-cross-entropy",
        "gradients/vanishing",
    ]
    [evidence] = report["findings"][0]["evidence"]
    assert (evidence["fact"], evidence["value"], evidence["expected"]) == ("loss_graph.softmax", True, "= true")
    assert [(place["file"], place["line"]) for place in evidence["where"]] == [("train.py", 42)]
    assert report["symptoms"][0]["recognised_by"][0]["fact"] == "loss_graph.softmax"
    assert {left["rule"] for left in report["not_examined"]} == {"memory/leak", "data/unseen"}
    assert report["probes"][1]["facts"]["ratio_by_layer"] == told.LAYERS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_made_from_its_json_is_the_same_to_the_byte(lang: Language) -> None:
    first = told.told(lang)
    case, made = case_of(json_report(first))
    book = told.rulebook()
    again = document(case, diagnose(case, book), book, lang, made)
    assert case == told.case()
    for form in (json_report, markdown, html, terminal):
        assert form(again) == form(first)


def test_the_clock_is_the_only_thing_that_differs_between_two_reports() -> None:
    early, late = told.told(made="2031-01-01T00:00:00+00:00"), told.told(made="2032-01-01T00:00:00+00:00")
    assert json_report(early) != json_report(late)
    assert json_report(replace(late, made=early.made)) == json_report(early)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"schema": 2, "case": {}}',
        '{"schema": 1, "case": {"patient": 3}}',
        '{"schema": 1, "case": {"patient": {"target": "a"}, "evidence": [1]}}',
    ],
)
def test_what_is_no_report_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        case_of(text)


# the terminal


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_printed_diagnosis_steers_no_terminal(lang: Language) -> None:
    printed = terminal(told.told(lang))
    assert is_printable(printed)
    assert "train.py:42" in printed
    assert "-     return softmax(net(x))" in printed


def test_the_printed_diagnosis_counts_what_was_not_found() -> None:
    assert terminal(told.told()).splitlines()[-1] == (
        "Ruled out: 0. Not examined: 2. Probes: 2 of 3 measured something."
    )


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["Symptoms", "   Slow (you said so; Fall of it: 0.1; Ratio: 2)"]),
        ("zh", ["症状", "   慢 (您的描述；Fall of it：0.1；Ratio：2)"]),
    ],
)
def test_a_symptom_is_one_line_with_its_most_telling_facts(lang: Language, expected: list[str]) -> None:
    facts = (("curve.is_yardstick", "Lower is better", "yes"), ("curve.ratio", "Ratio (1 = blind)", "2"))
    clauses = [Clause(fact, says, True, seen, "", "", ()) for fact, says, seen in facts]
    fall = Clause("curve.fall", "Fall of it", 0.1, "0.1", "< 0.2", "< 0.2", ())
    title = "慢" if lang == "zh" else "Slow"
    sign = Sign(Named("slow", title), complained=True, evidence=(*clauses, fall), pictures=())
    printed = terminal(replace(told.told(lang), symptoms=(sign,)))
    assert printed.splitlines()[2:4] == expected


def test_what_two_branches_ask_of_one_fact_stands_together_and_json_keeps_both() -> None:
    asked = [Clause("curve.fall", "Fall of it", 0.1, "0.1", bound, bound, ()) for bound in ("< 0.2", "< 0.9")]
    document = told.told()
    cause = replace(document.findings[0], evidence=tuple(asked))
    both = replace(document, findings=(cause,))
    assert "Fall of it: 0.1 (rule: < 0.2, < 0.9)\n" in terminal(both)
    evidence = json.loads(json_report(both))["findings"][0]["evidence"]
    assert [clause["expected"] for clause in evidence] == ["< 0.2", "< 0.9"]


def test_facts_that_the_line_of_a_symptom_has_no_room_for_are_left_out() -> None:
    long = Clause("curve.fall", "word " * 20, 0.1, "0.1", "< 0.2", "< 0.2", ())
    sign = Sign(Named("slow", "It learns slowly"), complained=False, evidence=(long,), pictures=())
    assert "   It learns slowly (measured)\n" in terminal(replace(told.told(), symptoms=(sign,)))


@given(st.text(alphabet="ab c，。中文字", max_size=200), st.integers(10, 60))
def test_lines_are_wrapped_to_the_width_and_lose_nothing(text: str, width: int) -> None:
    rows = wrapped(text, "  ", width)
    assert "".join("".join(rows).split()) == "".join(text.split())
    longest = max((cells(word) for word in re.split(r" |(?<=[，。中文字])(?![，。])", text)), default=0)
    assert all(cells(row) <= max(width, longest + 2 + 4) for row in rows)


def test_prose_is_as_wide_as_the_page() -> None:
    assert all(cells(row) <= WIDTH for row in wrapped("word " * 200, "   "))


def test_every_document_is_told_in_every_form(document_of_nothing: Document) -> None:
    for form in (json_report, markdown, html, terminal):
        assert form(document_of_nothing)


@pytest.fixture
def document_of_nothing() -> Document:
    case, book = Case(Patient("")), Rulebook({}, {}, {})
    return document(case, diagnose(case, book), book, "en")


def test_a_rule_that_is_gone_from_the_pack_is_told_by_its_id() -> None:
    book = told.rulebook()
    without: dict[str, Rule] = {id_: rule for id_, rule in book.rules.items() if id_ != "gradients/vanishing"}
    smaller = Rulebook(without, book.symptoms, book.probes)
    [cause] = document(told.case(), diagnose(told.case(), smaller), smaller, "en").findings
    assert [effect.title for effect in cause.leads_to] == ["It learns too slowly", "gradients/vanishing"]


def test_a_symptom_shows_what_recognises_it_where_no_finding_does() -> None:
    book = told.rulebook()
    without = {id_: rule for id_, rule in book.rules.items() if id_ != "loss/softmax-before-cross-entropy"}
    smaller = Rulebook(without, book.symptoms, book.probes)
    assert told.told().symptoms[0].pictures == ()
    written = document(told.case(), diagnose(told.case(), smaller), smaller, "en")
    assert written.symptoms[0].pictures == (told.CURVE,)
    assert all(told.CURVE not in probe.pictures for probe in written.probes)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_report_says_that_passes_were_ended_early(lang: Language) -> None:
    watching = Watching("rehearsed", passes=4, batches=75, of=20_019)
    case = Case(Patient("train.py")).with_evidence(Evidence("p", "measured", watching=watching))
    report = document(case, diagnose(case, told.rulebook()), told.rulebook(), lang)
    for form in (html, markdown, terminal):
        written = re.sub(r"\s", "", form(report))
        assert all(number in written for number in ("4", "75", "20019")), written
        assert "--full" in written
    assert json.loads(json_report(report))["watching"] == {"how": "rehearsed", "passes": 4, "batches": 75, "of": 20_019}
    assert not violations(json.loads(json_report(report)), json.loads(schema()))


def test_a_run_that_was_watched_as_it_is_says_that_too() -> None:
    case = Case(Patient("train.py")).with_evidence(Evidence("p", "measured", watching=Watching("full")))
    assert "no pass over a loader was shortened" in terminal(
        document(case, diagnose(case, told.rulebook()), told.rulebook(), "en")
    )
