"""The document as JSON that programs read (its schema lies in schema.json), and the way back from it to the case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

from nndoctor.case import Case, FactValue, Place, Watching
from nndoctor.report.document import Document
from nndoctor.report.sections import Cause, Clause, Named, Sign
from nndoctor.wire import built, plain

SCHEMA = 1

Json = dict[str, "JsonValue"]
JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Json


def json_report(document: Document) -> str:
    """The report as one JSON object; keys in a fixed order, and the whole case under `case`."""
    case = document.case
    report: Json = {
        "schema": SCHEMA,
        "made": document.made,
        "version": document.version,
        "lang": document.lang,
        "headline": document.headline,
        "patient": {
            "target": case.patient.target,
            "kind": case.patient.kind,
            "arguments": list(case.patient.arguments),
        },
        "watching": _watching(case.watching),
        "environment": dict(case.environment),
        "answers": dict(case.answers),
        "symptoms": [_sign(sign) for sign in document.symptoms],
        "findings": [_finding(cause, case) for cause in document.findings],
        "ruled_out": _ids(document.ruled_out),
        "not_examined": [
            {"rule": left.rule.id, "needs": list(left.needs), "why": left.why} for left in document.not_examined
        ],
        "probes": [
            {
                "id": probe.probe.id,
                "outcome": probe.outcome,
                "seconds": probe.seconds,
                "why": probe.why,
                "facts": {fact.name: _value(fact.value) for fact in probe.facts},
            }
            for probe in document.probes
        ],
        "case": plain(case),
    }
    return json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def case_of(report: str) -> tuple[Case, str]:
    """The case in a JSON report (or a saved case), and when the report was made. Raises ValueError for what is none."""
    written = json.loads(report)
    if not isinstance(written, dict) or "case" not in written:
        raise ValueError("no report of nndoctor: it has no case")
    if written.get("schema") != SCHEMA:
        raise ValueError(f"a report of schema {written.get('schema')!r}; this version reads {SCHEMA}")
    made = written.get("made", "")
    try:
        case: Case = built(Case, written["case"])
    except (TypeError, AttributeError, IndexError) as wrong:
        raise ValueError(f"the case is damaged: {wrong}") from wrong
    return case, made if isinstance(made, str) else ""


def schema() -> str:
    """The JSON Schema of the report."""
    return files("nndoctor.report").joinpath("schema.json").read_text(encoding="utf-8")


def _ids(named: Sequence[Named]) -> list[JsonValue]:
    return [one.id for one in named]


def _value(value: FactValue) -> JsonValue:
    return dict(value) if not isinstance(value, bool | int | float | str) else value


def _watching(watching: Watching | None) -> JsonValue:
    if watching is None:
        return None
    return {"how": watching.how, "passes": watching.passes, "batches": watching.batches, "of": watching.of}


def _place(place: Place) -> Json:
    cell: Json = {"cell": place.cell} if place.cell else {}
    return {"file": place.file, **cell, "line": place.line, "code": place.code, "function": place.function}


def _clause(clause: Clause) -> Json:
    return {
        "fact": clause.fact,
        "value": _value(clause.value),
        "expected": clause.expected,
        "where": [_place(place) for place in clause.where],
    }


def _sign(sign: Sign) -> Json:
    return {
        "id": sign.symptom.id,
        "title": sign.symptom.title,
        "complained": sign.complained,
        "recognised_by": [_clause(clause) for clause in sign.evidence],
    }


def _trial(cause: Cause, case: Case) -> JsonValue:
    """Sick and treated side by side, and the controls."""
    cure, trial = cause.cure, case.trials.get(cause.rule.id)
    if cure is None or trial is None:
        return None
    treated = trial.runs.get("treated")
    losses: Json = {arm: run.loss for arm, run in trial.runs.items()}
    return {
        "intervention": [dict(change) for change in treated.changes] if treated is not None else [],
        "edits": list(treated.edits) if treated is not None else [],
        "outcome": cure.outcome,
        "cured": cure.outcome == "cured",
        "sick": treated.loss_as_is if treated is not None else None,
        "treated": losses.pop("treated", None),
        "controls": losses,
        "says": cure.headline,
        "note": cure.note,
    }


def _finding(cause: Cause, case: Case) -> Json:
    return {
        "rule": cause.rule.id,
        "status": cause.status,
        "rank": cause.rank,
        "severity": cause.severity,
        "likelihood": cause.likelihood,
        "title": cause.rule.title,
        "leads_to": _ids(cause.leads_to),
        "caused_by": _ids(cause.caused_by),
        "chain": [
            {"kind": link.kind, "id": link.what.id, "title": link.what.title, "seen": link.seen, "step": link.step}
            for link in cause.chain
        ],
        "evidence": [_clause(clause) for clause in cause.evidence],
        "remedy": {
            "do": cause.fix.do,
            "before": cause.fix.before,
            "after": cause.fix.after,
            "keras": cause.fix.keras,
            "diff": cause.fix.diff,
        },
        "why": cause.why,
        "harmless": cause.harmless,
        "sources": list(cause.sources),
        "behind": cause.behind.id if cause.behind is not None else None,
        "trial": _trial(cause, case),
    }
