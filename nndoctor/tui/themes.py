"""The two colour schemes of the house; Textual's own can be chosen as well."""

from __future__ import annotations

from textual.theme import Theme

QUIET = "$foreground 60%"
"""The style of what is said beside the point; `$text-muted` is for backgrounds, in a text it is drawn in full."""

DARK = Theme(
    name="nndoctor-dark",
    primary="#5fb3b3",
    secondary="#7a9ec2",
    accent="#e5b567",
    warning="#e5b567",
    error="#e8747c",
    success="#8fbf7f",
    foreground="#d7dde5",
    background="#12161c",
    surface="#171c24",
    panel="#202833",
    dark=True,
    variables={
        "block-cursor-background": "#2b4f57",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#24323a",
        "block-cursor-blurred-foreground": "#d7dde5",
        "block-cursor-blurred-text-style": "none",
        "border-blurred": "#2d3744",
    },
)
LIGHT = Theme(
    name="nndoctor-light",
    primary="#1f7a7a",
    secondary="#3f6a99",
    accent="#9a6700",
    warning="#9a6700",
    error="#b3261e",
    success="#2e7d32",
    foreground="#1c2530",
    background="#fafaf7",
    surface="#f2f2ec",
    panel="#e6e6de",
    dark=False,
    variables={
        "block-cursor-background": "#cfe6e6",
        "block-cursor-foreground": "#0f1a24",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#e0e8e6",
        "block-cursor-blurred-foreground": "#1c2530",
        "block-cursor-blurred-text-style": "none",
        "border-blurred": "#c9c9bf",
    },
)
THEMES = (DARK, LIGHT)
WITHOUT_COLOUR = "ansi-dark"
"""With NO_COLOR: any other theme would still be drawn in greys of its own, unreadable on a light terminal."""
