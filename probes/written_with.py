"""Which library's words does the training speak?

A Keras model on the torch backend is a torch module too, but its owner writes `compile` and `fit`: fixes are shown in
the words of the script.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "What the training is written with", "zh": "训练所用的库"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "library": {"kind": "label", "unit": "", "labels": ("torch", "keras"), "says": {
            "en": "library that the trained model is written with", "zh": "所训练模型使用的库"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the models that were called."""
    models = bench.trace.models.values()
    if not models:
        raise CannotMeasure("no model was called")
    facts, keras = Facts(), [model for model in models if model.library == "keras"]
    facts.put("library", "keras" if keras else "torch", keras[0].place if keras else None)
    return facts
