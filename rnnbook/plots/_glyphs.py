"""Characters as outlines: drawn by the hundred, each outline stored once."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

_SIGNS = {"\n": "⏎", " ": "␣", "\t": "⇥"}
_NAMES = {"\n": "newline", " ": "space", "\t": "tab"}
#: Collections of characters can be found by this id.
CHARACTERS = "characters"
#: The width of a character of the monospaced font, in ems.
ADVANCE = 0.602


def visible(char: str) -> str:
    """A sign that can be seen for a space, a newline or a tab; else the character."""
    return _SIGNS.get(char, char)


def spoken(char: str) -> str:
    """A word that can be heard for a space, a newline or a tab; else the character."""
    return _NAMES.get(char, char)


@cache
def outline(char: str) -> Path:
    """A character of the book's monospaced font, in ems, centred over its baseline."""
    points, codes = text_to_path.get_text_path(FontProperties(family="monospace"), char)
    if not len(points):  # a character without ink, such as a no-break space
        return Path(np.zeros((0, 2)))
    vertices = np.asarray(points) / text_to_path.FONT_SCALE  # (N, 2)
    vertices[:, 0] -= (vertices[:, 0].min() + vertices[:, 0].max()) / 2
    return Path(vertices, codes)
