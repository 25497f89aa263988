"""The diagnosis as sections, before any format: what every report tells, in one language, free of invisible marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nndoctor.case import UNSURE, Case, Evidence, FactValue, Picture, Place, Watching
from nndoctor.edit.patch import patch_of
from nndoctor.edit.source import CannotEdit
from nndoctor.engine.chain import Link
from nndoctor.engine.diagnose import Diagnosis, Finding, NotExamined, Recognised
from nndoctor.engine.judge import Witness
from nndoctor.engine.standing import CHECK_UP
from nndoctor.report import code, cure, values
from nndoctor.report.sections import Cause, Clause, Examined, Fix, LinkTold, Measurement, Named, Sign, Unexamined
from nndoctor.report.words import Language, colon, phrase
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule, Text
from nndoctor.version import version

DATA = "data/"
"""The family of the causes that one may see in the samples themselves."""


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report. `made` is its only clock; `case` is kept so that a report can be made anew from it."""

    lang: Language
    made: str
    version: str
    title: str
    headline: str
    target: str
    watched: str
    environment: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str], ...]
    symptoms: tuple[Sign, ...]
    findings: tuple[Cause, ...]
    ruled_out: tuple[Named, ...]
    not_examined: tuple[Unexamined, ...]
    probes: tuple[Examined, ...]
    case: Case


def document(case: Case, diagnosis: Diagnosis, rulebook: Rulebook, lang: Language, made: str = "") -> Document:
    """The diagnosis of a case in that language; `made` is the time to print, in ISO 8601, or nothing."""
    teller = _Teller(case, rulebook, lang)
    target = code.near(case.patient.target, case.patient.directory)
    findings = tuple(teller.cause(finding) for finding in diagnosis.findings)
    shown = {id(picture) for finding in findings for picture in finding.pictures}
    symptoms = tuple(teller.sign(recognised, shown) for recognised in diagnosis.symptoms)
    return Document(
        lang=lang,
        made=made,
        version=version(),
        title=phrase("title", lang, target=target),
        headline=_headline(diagnosis, findings, case, lang),
        target=code.line(" ".join((target, *case.patient.arguments))),
        watched=_watched(case.watching, lang),
        environment=tuple((code.line(name), code.line(value)) for name, value in case.environment.items() if value),
        answers=tuple(teller.answer(question, said) for question, said in case.answers.items()),
        symptoms=symptoms,
        findings=findings,
        ruled_out=tuple(teller.rule(rule) for rule in diagnosis.ruled_out),
        not_examined=tuple(teller.unexamined(left) for left in diagnosis.not_examined),
        probes=tuple(teller.examined(evidence, shown) for evidence in case.evidence.values()),
        case=case,
    )


def _watched(watching: Watching | None, lang: Language) -> str:
    """How the script was watched; "" if it was not."""
    if watching is None:
        return ""
    taken = phrase("batches" if watching.of is None else "batches_of", lang, batches=watching.batches, of=watching.of)
    return phrase(f"watched.{watching.how}", lang, passes=watching.passes, taken=taken)


def _headline(diagnosis: Diagnosis, findings: tuple[Cause, ...], case: Case, lang: Language) -> str:
    confirmed = [finding for finding in findings if finding.status == "confirmed"]
    if confirmed:
        key = "headline.cause" if len(confirmed) == 1 else "headline.causes"
        return phrase(key, lang, count=len(confirmed), first=confirmed[0].rule.title)
    if findings:
        return phrase("headline.suspects", lang, count=len(findings))
    if not any(evidence.outcome == "measured" for evidence in case.evidence.values()):
        return phrase("headline.blind", lang)
    counts = {"ruled_out": len(diagnosis.ruled_out), "not_examined": len(diagnosis.not_examined)}
    return phrase("headline.clear", lang, **counts)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts ids and values into words."""

    case: Case
    rulebook: Rulebook
    lang: Language

    def text(self, text: Text | None) -> str:
        return "" if text is None else code.prose(text.in_language(self.lang))

    def rule(self, rule: str) -> Named:
        written = self.rulebook.rules.get(rule)
        return Named(rule, code.line(written.title.in_language(self.lang)) if written else rule)

    def effect(self, effect: str) -> Named:
        symptom = self.rulebook.symptoms.get(effect)
        return Named(effect, code.line(symptom.title.in_language(self.lang))) if symptom else self.rule(effect)

    def place(self, place: Place) -> Place:
        file = code.near(place.file, self.case.patient.directory)
        return Place(file, place.line, code.line(place.code), code.line(place.function), place.cell)

    def says(self, fact: str) -> tuple[str, str]:
        """What a fact says, and its unit."""
        card = self.rulebook.fact_card(fact)
        return (code.line(card.says.in_language(self.lang)), card.unit) if card else (fact, "")

    def clause(self, witness: Witness) -> Clause:
        says, unit = self.says(witness.fact)
        seen = values.measured(witness, unit, self.lang)
        where = tuple(dict.fromkeys(self.place(place) for place in witness.where))
        expected = code.line(witness.expected)
        asked = values.asked(expected, witness.value, self.lang)
        return Clause(witness.fact, says, witness.value, seen, expected, asked, where)

    def clauses(self, witnesses: Iterable[Witness]) -> tuple[Clause, ...]:
        # a rule may ask the same of one fact in two branches; the reader needs it once
        return tuple({(clause.fact, clause.expected): clause for clause in map(self.clause, witnesses)}.values())

    def sign(self, recognised: Recognised, shown: set[int]) -> Sign:
        """A symptom; the pictures that it shows are noted in `shown`."""
        pictures = tuple(picture for picture in self.pictures(recognised.witnesses) if id(picture) not in shown)
        shown.update(map(id, pictures))
        evidence = self.clauses(recognised.witnesses)
        return Sign(self.effect(recognised.id), recognised.complained, evidence, pictures)

    def cause(self, finding: Finding) -> Cause:
        rule = self.rulebook.rules[finding.rule]
        evidence = self.clauses(finding.witnesses)
        return Cause(
            rank=finding.rank,
            rule=self.rule(finding.rule),
            status=finding.status,
            severity=rule.severity,
            likelihood=rule.likelihood,
            leads_to=tuple(self.effect(effect) for effect in finding.leads_to if effect != CHECK_UP),
            caused_by=tuple(self.rule(cause) for cause in finding.caused_by),
            chain=tuple(map(self.link, finding.chain)),
            evidence=evidence,
            places=tuple(dict.fromkeys(place for clause in evidence for place in clause.where)),
            why=self.text(rule.why),
            fix=self.fix(rule),
            harmless=self.text(rule.harmless),
            sources=tuple(code.line(source) for source in rule.sources),
            pictures=(*self.images(finding), *self.pictures(finding.witnesses)),
            cure=cure.told(finding, self.case, self.rulebook, self.lang),
            behind=self.rule(finding.behind) if finding.behind else None,
        )

    def link(self, link: Link) -> LinkTold:
        seen = None if link.witness is None else self.clause(link.witness)
        what = Named(link.id, seen.says) if link.kind == "sign" and seen else self.effect(link.id)
        return LinkTold(link.kind, what, f"{seen.says}{colon(self.lang)}{seen.measured}" if seen else "", link.step)

    def fix(self, rule: Rule) -> Fix:
        remedy = rule.remedy
        own = self.own(rule)
        if own is not None:
            return own
        library = self.case.facts().get("written_with.library")
        if remedy.keras and library is not None and library.value == "keras":
            return Fix(self.text(remedy.do), "", code.block(remedy.keras), "")
        before, after, keras = (code.block(sample) for sample in (remedy.before, remedy.after, remedy.keras))
        return Fix(self.text(remedy.do), before, after, keras)

    def own(self, rule: Rule) -> Fix | None:
        """The fix in the user's own lines, if the file is there and the edit can be made."""
        try:
            patch = patch_of(rule.remedy.planned, self.case.facts())
        except CannotEdit:
            return None
        before, after, line = patch.excerpt()
        place = self.place(Place(patch.file, line, cell=patch.cell.number if patch.cell else 0))
        return Fix(
            self.text(rule.remedy.do),
            code.block(before),
            code.block(after),
            "",
            place,
            code.block(patch.diff(place.file)),
        )

    def pictures(self, witnesses: Iterable[Witness]) -> tuple[Picture, ...]:
        """What the probes saw whose facts are the witnesses."""
        probes = dict.fromkeys(witness.fact.partition(".")[0] for witness in witnesses)
        seen = (self.case.evidence[probe] for probe in probes if probe in self.case.evidence)
        return tuple(picture for evidence in seen for picture in evidence.pictures)

    def images(self, finding: Finding) -> tuple[Picture, ...]:
        """With a cause that lies in the data what the network is shown, whichever probe kept it."""
        if not finding.rule.startswith(DATA):
            return ()
        shown = {id(picture) for picture in self.pictures(finding.witnesses)}
        every = (picture for evidence in self.case.evidence.values() for picture in evidence.pictures)
        return tuple(picture for picture in every if picture.kind == "images" and id(picture) not in shown)

    def answer(self, question: str, said: str) -> tuple[str, str]:
        asked = self.rulebook.question(question)
        if asked is None:
            return code.line(question), code.line(said)
        options: Mapping[str, Text] = {option.id: option.says for option in asked.options}
        unsure = phrase("unsure", self.lang)
        words = options[said].in_language(self.lang) if said in options else unsure if said == UNSURE else said
        return code.line(asked.ask.in_language(self.lang)), code.line(words)

    def unexamined(self, left: NotExamined) -> Unexamined:
        return Unexamined(self.rule(left.rule), left.needs, code.line(left.why))

    def examined(self, evidence: Evidence, shown: set[int]) -> Examined:
        card = self.rulebook.probes.get(evidence.probe)
        title = code.line(card.title.in_language(self.lang)) if card else evidence.probe
        return Examined(
            Named(evidence.probe, title),
            evidence.outcome,
            evidence.seconds,
            code.block(evidence.why),
            tuple(self.measurement(evidence.probe, name, fact.value) for name, fact in evidence.facts.items()),
            tuple(picture for picture in evidence.pictures if id(picture) not in shown),
        )

    def measurement(self, probe: str, name: str, value: FactValue) -> Measurement:
        says, unit = self.says(f"{probe}.{name}")
        return Measurement(code.line(name), says, value, values.told(value, unit, self.lang))
