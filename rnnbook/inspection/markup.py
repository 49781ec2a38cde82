"""Labels of prose and of markup: quotations, lines, links, formulas, environments, tags.

Every label says what holds after its character was read: the last character of an
opening mark is inside, the first of a closing one is not. Pieces cut out of a text are
read as far as they allow: what closes and was never opened, or the other way round, is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnnbook.inspection.labels import Counts, Labels, inside

_LONGEST = 1000  # characters between two marks that belong together


_QUOTE = re.compile(r"""(?P<opens>(?<=\n\n)"|(?<![^\s(\[-])"(?=\S|\s'\w))|"|\n\n""")


def quotes(text: str) -> Labels:
    """Inside straight double quotation marks (T,).

    A mark opens at the beginning of a paragraph, and where a space or a bracket stands before
    it and none behind, or only one before an inner quotation, as in ``" 'Well,' said he``. It
    closes elsewhere; so a piece may begin in a quotation. A paragraph ends one too: where
    speech goes on, the next paragraph opens again.
    """
    found = np.zeros(len(text), dtype=bool)
    start: int | None = 0  # a piece may begin inside
    for match in _QUOTE.finditer(text):
        if match["opens"]:
            start = match.start()
        elif start is not None and (start > 0 or match.group() == '"'):
            found[start : match.start()] = True
            start = None
        else:
            start = None
    return found


def between(opening: str, closing: str) -> Callable[[str], Labels]:
    """Inside a pair of marks that differ, such as ``[[`` and ``]]``, which may be nested."""
    marks = re.compile(f"({re.escape(opening)})|{re.escape(closing)}")
    return lambda text: _paired(marks, text)


def _paired(marks: re.Pattern[str], text: str) -> Labels:
    """Inside pairs of marks; group 1 of the expression is an opening one."""
    found, opened = np.zeros(len(text), dtype=bool), []
    for match in marks.finditer(text):
        if match[1] is not None:
            opened.append(match.end() - 1)
        elif opened:
            start = opened.pop()
            if match.start() - start <= _LONGEST:
                found[start : match.start()] = True
    return found


def environment(text: str) -> Labels:
    r"""Inside a LaTeX environment (T,): from ``\begin{..}`` to ``\end``."""
    return _paired(re.compile(r"(\\begin\{[^}\n]*\})|\\end\{"), text)


def element(text: str) -> Labels:
    """Inside an XML or wiki element such as ``<ref>..</ref>`` (T,): between its tags."""
    return _paired(re.compile(r"(<\w[^<>]*(?<!/)>)|</\w"), text)


def formula(text: str) -> Labels:
    """Inside ``$..$`` or ``$$..$$`` (T,), each within its paragraph."""
    found = np.zeros(len(text), dtype=bool)
    start: int | None = None
    for match in re.finditer(r"(?<!\\)\$+|\n\n", text):
        if match.group() == "\n\n":
            start = None
        elif start is None:
            start = match.end() - 1
        else:
            found[start : match.start()] = True
            start = None
    return found


#: After the scheme of an address, up to its last character.
url = inside(r"https?(://[^\s\]|<>\"}{]*)")
#: After each w of ``www.``, before the point.
www = inside(r"\b(www)\.")
#: After the first ``[`` of ``[[``: the second is to come.
first_bracket = inside(r"(?<!\[)(\[)(?=\[)")


def since_newline(text: str) -> Counts:
    """How many characters were read after the last newline (T,); 0 after the newline itself."""
    places = np.arange(len(text))
    newlines = np.array([char == "\n" for char in text], dtype=bool)
    return places - np.maximum.accumulate(np.where(newlines, places, -1))


def until_newline(text: str) -> Counts:
    """How many characters stand between each one and the next newline, or the end (T,)."""
    places = np.arange(len(text))
    newlines = np.array([char == "\n" for char in text[1:]] + [True], dtype=bool)
    upcoming = np.where(newlines, places, len(text))
    return np.minimum.accumulate(upcoming[::-1])[::-1] - places


def capital_to_come(text: str) -> NDArray[np.bool_]:
    """Whether the next character is a capital letter (T,)."""
    return np.array([char.isupper() for char in text[1:]] + [False], dtype=bool)[: len(text)]
