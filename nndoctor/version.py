"""Which version this is."""

from importlib import metadata


def version() -> str:
    """The version installed; "0" in a checkout that was never installed."""
    try:
        return metadata.version("nndoctor")
    except metadata.PackageNotFoundError:
        return "0"
