"""What a picture shows, in words: the text for those who cannot see it.

Every drawing function says it from the data that it draws, and ties it to the mark that
it has just made. So the words go when the mark is cleared, and a figure of several
axes has all their words.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from rnnbook.plots._glyphs import visible

_WORDS: WeakKeyDictionary[Artist, str] = WeakKeyDictionary()
_LONGEST = 120  # characters of a quotation


def tell(mark: Artist, words: str) -> None:
    """Tie words to a mark that was drawn."""
    _WORDS[mark] = words


def describe(figure: Figure | Axes) -> str:
    """What a figure, or one of its axes, shows: the alternative text of :func:`show`.

    Empty if nothing in it was drawn by this package.
    """
    if isinstance(figure, Axes):
        return " ".join(_WORDS[mark] for mark in figure.get_children() if mark in _WORDS)
    return " ".join(filter(None, map(_with_title, figure.axes)))


def _with_title(ax: Axes) -> str:
    title = next(filter(None, (ax.get_title(loc) for loc in ("left", "center", "right"))), "")
    words = describe(ax)
    return f"{title}: {words}" if title and words else words


def quoted(text: str, longest: int = _LONGEST) -> str:
    """A text in quotation marks, its newlines as signs, cut if it is long."""
    shown = "".join(char if char == " " else visible(char) for char in text)
    return f"“{shown[: longest - 1]}…”" if len(shown) > longest else f"“{shown}”"


def listed(items: Iterable[str]) -> str:
    """One, two and three."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def number(value: float) -> str:
    """A number as it is read aloud: three digits, and a power of ten where it needs one."""
    digits, _, power = f"{value:.3g}".partition("e")
    words = f"{digits} times ten to the power {int(power)}" if power else digits
    return words.replace("-", "−")


def course(x: ArrayLike, values: ArrayLike) -> str:
    """From where to where a curve goes, and where it turns if that is on the way."""
    places, heights = np.asarray(x, dtype=np.float64), np.asarray(values, dtype=np.float64)
    places, heights = places[np.isfinite(heights)], heights[np.isfinite(heights)]
    if not len(heights):
        return "has no value"
    at = [f"{number(y)} at {number(x)}" for x, y in zip(places, heights, strict=True)]
    found = f"from {at[0]} to {at[-1]}"
    for name, turn in (("lowest", int(heights.argmin())), ("highest", int(heights.argmax()))):
        if heights[turn] not in (heights[0], heights[-1]):
            found += f", {name} {at[turn]}"
    return found
