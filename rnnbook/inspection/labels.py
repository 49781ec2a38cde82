"""Properties of a text that the book's live figures know too: labels and counts by name.

Every label says what holds *after* its character was read. So the quotation mark that
opens lies inside the quotation, and the one that closes does not.

The page computes the same: ``properties.js`` is the twin of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError

Labels = NDArray[np.bool_]
Counts = NDArray[np.int64]


def inside(pattern: str, flags: int = 0) -> Callable[[str], Labels]:
    """A property that holds in the matches of a regular expression, or in their group."""
    compiled = re.compile(pattern, flags)

    def labels(text: str) -> Labels:
        found = np.zeros(len(text), dtype=bool)
        for match in compiled.finditer(text):
            first, last = match.span(min(1, compiled.groups))
            found[first:last] = True
        return found

    return labels


def line_position(text: str) -> Counts:
    """How many characters each one stands from the beginning of its line (T,)."""
    starts = np.array([char == "\n" for char in text], dtype=bool)
    last = np.maximum.accumulate(np.where(starts, np.arange(len(text)), -1))
    last = np.concatenate([[-1], last[:-1]])  # a newline belongs to the line that it ends
    return np.arange(len(text)) - last - 1


def bracket_depth(text: str, opening: str = "([{", closing: str = ")]}") -> Counts:
    """How many brackets are open after each character (T,); never below zero."""
    depth, found = 0, np.zeros(len(text), dtype=np.int64)
    for t, char in enumerate(text):
        depth = depth + 1 if char in opening else max(0, depth - (char in closing))
        found[t] = depth
    return found


#: Properties by name: a text gives labels (T,), whether it holds after each character.
#:
#: :meta hide-value:
PROPERTIES: dict[str, Callable[[str], Labels]] = {
    "inside quotes": inside(r'("[^"]{0,600})"'),
    "inside brackets": lambda text: bracket_depth(text) > 0,
    "late in the line": lambda text: line_position(text) >= 30,
    "at the start of a line": lambda text: line_position(text) < 3,
    "in a speaker's name": inside(r"^[A-Z][A-Z ]+(?=:)", re.MULTILINE),
    "in a capital letter": inside(r"[A-Z]"),
    "in a comment": inside(r"#[^\n]*|//[^\n]*"),
    "in a link": inside(r"\[\[[^\]\n]*|https?://\S*"),
    "in a number": inside(r"\d"),
}


#: Counts by name: a text gives a number (T,) after each character.
COUNTS: dict[str, Callable[[str], Counts]] = {
    "depth of brackets": bracket_depth,
    "position in the line": line_position,
}


def matches(text: str, pattern: str) -> Labels:
    """Where a regular expression matches (T,).

    Raises :class:`TextError` for an expression that is none.
    """
    try:
        return inside(f"({pattern})", re.MULTILINE)(text)
    except re.error as error:
        raise TextError(f"{pattern!r} is not a regular expression: {error}") from error
