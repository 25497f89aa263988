"""Runs small programs under interventions, each in a fork of a process that has only imported torch.

Reads lines of JSON, {words: [...], program}, and answers each with {said, losses, applied, why, error}.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

import torch._dynamo  # noqa: F401  # the first optimizer would import it

from nndoctor.intervention import written
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.tap import install


def outcome(words: list[dict[str, object]], program: str, folder: Path) -> dict[str, object]:
    said, error = io.StringIO(), ""
    tap = install(Journal(folder / "run.jsonl"), tuple(map(written, words)), light=False)
    (folder / "train.py").write_text(program)
    code = compile(program, str(folder / "train.py"), "exec")
    with contextlib.redirect_stdout(said):
        try:
            exec(code, {"__name__": "__main__"})  # noqa: S102  # the test's own program
        except Exception:  # noqa: BLE001  # what the program raises is what the test asks for
            error = traceback.format_exc()
    tap.finish()
    trace = read_trace(folder / "run.jsonl")
    steered = trace.steered
    return {
        "said": [json.loads(line) for line in said.getvalue().splitlines()],
        "losses": [row.loss for row in trace.iterations],
        "rates": [row.learning_rate for row in trace.iterations],
        "tokens": "".join(total.tokens for total in trace.totals.values()),
        "modes": [(one.evaluating, one.training, one.output_requires_grad) for one in trace.passes],
        "heads": [[graph.head, list(graph.before)] for graph in trace.graphs],
        "applied": steered.applied if steered is not None else None,
        "why": steered.why if steered is not None else "",
        "error": error,
    }


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        process = os.fork()
        if not process:
            with tempfile.TemporaryDirectory() as folder, os.fdopen(writing, "w") as answer:
                json.dump(outcome(order["words"], order["program"], Path(folder)), answer)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            print(answer.read(), flush=True)
        os.waitpid(process, 0)


if __name__ == "__main__":
    main()
