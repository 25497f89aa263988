"""Messages come back from their line as they were, whatever is in them."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndoctor.case import Case, Evidence, Fact, Patient, Picture, Place, Series
from nndoctor.seen import TensorSeen
from nndoctor.trace import Crash, Iteration, LayerSample, TensorNamed
from nndoctor.wire import (
    Admit,
    Cancel,
    EvidenceArrived,
    News,
    Order,
    Printed,
    Progressed,
    RunBegan,
    RunFinished,
    RunProbe,
    Stop,
    WorkerReady,
    built,
    line_of,
    message_of,
    plain,
)

TEXT = st.text()
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
PLACE = st.builds(Place, TEXT, st.integers(0), TEXT, TEXT)
VALUE = st.booleans() | NUMBER | TEXT | st.dictionaries(TEXT, NUMBER).map(MappingProxyType)
PICTURE = st.builds(
    Picture,
    st.sampled_from(["curve", "strip", "bars"]),
    st.dictionaries(st.sampled_from(["en", "zh"]), TEXT).map(MappingProxyType),
    st.lists(st.builds(Series, TEXT, st.tuples(NUMBER), st.tuples(st.none() | NUMBER))).map(tuple),
    marks=st.lists(st.tuples(NUMBER, TEXT)).map(tuple),
    logarithmic=st.booleans(),
)
EVIDENCE = st.builds(
    Evidence,
    TEXT,
    st.sampled_from(["measured", "died"]),
    NUMBER,
    st.dictionaries(TEXT, st.builds(Fact, VALUE, st.lists(PLACE).map(tuple))).map(MappingProxyType),
    st.lists(PICTURE, max_size=2).map(tuple),
    TEXT,
)
PATIENT = st.builds(Patient, TEXT, st.sampled_from(["script", "module"]), st.lists(TEXT).map(tuple), TEXT, TEXT, NUMBER)
MESSAGE = st.one_of(
    st.builds(Admit, PATIENT, TEXT, st.booleans(), TEXT),
    st.builds(RunProbe, TEXT, TEXT, NUMBER),
    st.just(Cancel()),
    st.just(Stop()),
    st.builds(WorkerReady, st.dictionaries(TEXT, TEXT).map(MappingProxyType), TEXT),
    st.builds(RunBegan, TEXT, st.integers(), NUMBER),
    st.builds(
        Progressed,
        TEXT,
        st.integers(),
        st.none() | st.integers(),
        NUMBER,
        st.lists(st.tuples(st.integers(), st.none() | NUMBER)).map(tuple),
    ),
    st.builds(Printed, TEXT, TEXT),
    st.builds(RunFinished, TEXT, TEXT, st.integers(), NUMBER, TEXT),
    st.builds(EvidenceArrived, EVIDENCE),
)


@given(MESSAGE)
def test_a_message_comes_back_as_it_was(message: Order | News) -> None:
    line = line_of(message)
    assert line.count(b"\n") == 1
    assert message_of(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense\n",
        b"3\n",
        b"[]\n",
        b"null\n",
        b'{"is": "Nobody"}\n',
        b'{"is": "RunProbe"}\n',
        b'{"is": "RunProbe", "probe": "a", "path": "b", "seconds": 1, "extra": 2}\n',
        b'{"is": "Admit", "patient": 3}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        message_of(line)


def test_nothing_that_is_not_json_leaves(tmp_path: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        line_of(RunProbe("a", "b", float("nan")))


@pytest.mark.parametrize(
    "record",
    [
        Iteration(3, 0.5, None, 0),
        LayerSample(
            1, 0, MappingProxyType({"0.weight": 0.1}), MappingProxyType({}), MappingProxyType({}), MappingProxyType({})
        ),
        Crash(
            "ValueError",
            "坏",
            "forward",
            None,
            (Place("a.py", 3),),
            variables=(TensorNamed("x", TensorSeen("", (2,), "f")),),
        ),
        Case(Patient("a.py"))
        .complaining_of("loss-is-nan")
        .with_answer("q", "unknown")
        .with_evidence(Evidence("p", "died")),
    ],
)
def test_records_and_cases_come_back_too(record: object) -> None:
    assert built(type(record), json.loads(json.dumps(plain(record)))) == record
