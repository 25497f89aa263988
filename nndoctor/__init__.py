"""`nndoctor.examine`, imported at its first use: `import nndoctor` itself brings in neither torch nor pydantic."""

from importlib import import_module


def __getattr__(name: str) -> object:
    if name != "examine":
        raise AttributeError(f"module 'nndoctor' has no attribute {name!r}")
    return import_module("nndoctor.live").examine
