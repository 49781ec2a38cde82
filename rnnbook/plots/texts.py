"""Texts in colour: what a unit says after each character, and what the network guessed.

In the manner of the panes of Karpathy's post (2015). Used in the chapter *Looking inside*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from rnnbook import theme
from rnnbook.plots import _text_grid as texts
from rnnbook.plots._glyphs import spoken, visible
from rnnbook.plots.alternative import listed, number, quoted, tell

#: As many columns as a telephone shows without scrolling.
COLUMNS = 56
_MOST_RUNS = 4


def coloured_text(
    values: ArrayLike,
    text: str,
    ax: Axes | None = None,
    *,
    limit: float = 1.0,
    columns: int = COLUMNS,
) -> Axes:
    """A text in lines of ``columns``, each character on the colour of its value (T,).

    Colours run from blue (``-limit``) over grey to red (``limit``); characters are dark
    or white, whichever can be read. A newline is drawn as a sign at the end of its line.

    Raises :class:`ValueError` if there is not one value a character.
    """
    heights = texts.per_character(values, text)
    if heights.ndim != 1:
        raise ValueError(f"the values of one unit are (T,), not {heights.shape}")
    grid = texts.grid(text, columns)
    ax = grid.axes(ax)
    ground, shades = grid.colours(), texts.shade(heights, theme.DIVERGING, -limit, limit)
    ground[grid.rows, grid.columns] = shades
    image = texts.lay_ground(ax, ground)
    texts.write(ax, texts.on_a_line(text), grid.columns, grid.rows, texts.inks(shades))
    scale = f"from blue at {number(-limit)} to red at {number(limit)}"
    extremes = _extremes(heights, text, limit / 2)
    tell(image, f"The text {quoted(text)}, coloured {scale}. {extremes}")
    return ax


def guesses(
    probs: ArrayLike,
    text: str,
    chars: Sequence[str],
    ax: Axes | None = None,
    *,
    values: ArrayLike | None = None,
    top: int = 5,
    columns: int = COLUMNS,
) -> Axes:
    """A text, and under each character the ``top`` likeliest to come next, best first.

    ``probs`` is (T, V): what is expected *after* each character; ``chars`` is the
    vocabulary. A guess is the darker the likelier it is, and the character that did come
    has a frame. ``values`` (T,), from -1 to 1, colour the text itself.

    Raises :class:`ValueError` if there is not one row of probabilities a character.
    """
    found = texts.per_character(probs, text, "probabilities")
    if found.ndim != 2 or found.shape[1] != len(chars):
        raise ValueError(f"{len(chars)} characters need probabilities (T, {len(chars)})")
    ids = np.argsort(-found, axis=1, kind="stable")[:, :top]  # (T, top)
    best = np.take_along_axis(found, ids, axis=1)
    named = np.array(list(chars))[ids]
    grid = texts.grid(text, columns, below=ids.shape[1])
    ax = grid.axes(ax)
    ground = grid.colours()
    head = np.nan if values is None else texts.per_character(values, text)
    ground[grid.rows, grid.columns] = texts.shade(head, theme.DIVERGING, -1, 1)
    rows, places = grid.under()
    ground[rows, places] = texts.shade(best, theme.SEQUENTIAL, 0, 1)
    image = texts.lay_ground(ax, ground)
    guessed = [visible(char) for char in named.ravel()]
    for shown, x, y in (
        (texts.on_a_line(text), grid.columns, grid.rows),
        (guessed, places.ravel(), rows.ravel()),
    ):
        texts.write(ax, shown, x, y, texts.inks(ground[y, x]))
    right = named[:-1] == np.array(list(text[1:]), dtype=np.str_)[:, None]
    texts.frame(ax, places[:-1][right], rows[:-1][right])
    tell(image, _of_guesses(text, right, best[:, 0], named[:, 0]))
    return ax


def _extremes(values: NDArray[np.floating], text: str, threshold: float) -> str:
    """Where the values are high and low, longest stretches first."""
    found = []
    for name, sign in (("red, above", 1), ("blue, below", -1)):
        runs = _runs(sign * values > threshold, text)
        bound = f"{name} {number(sign * threshold)}"
        where = listed(quoted(run, 30) for run in runs[:_MOST_RUNS]) if runs else "nowhere"
        more = f" and {len(runs) - _MOST_RUNS} more stretches" if len(runs) > _MOST_RUNS else ""
        found.append(f"It is {bound}, at {where}{more}.")
    return " ".join(found)


def _runs(holds: NDArray[np.bool_], text: str) -> list[str]:
    """The different stretches of text where something holds, the longest first."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(int)))
    runs = dict.fromkeys(text[start:end] for start, end in edges.reshape(-1, 2))
    return sorted(runs, key=len, reverse=True)


def _of_guesses(
    text: str, right: NDArray[np.bool_], best: NDArray[np.floating], first: NDArray[np.str_]
) -> str:
    words = f"The text {quoted(text)} with {right.shape[1]} guesses under each character. "
    if not len(right):
        return words.strip()
    sure = int(best.argmax())
    return (
        f"{words}Of {len(right)} characters that follow, the first guess gives "
        f"{right[:, 0].sum()} and the {right.shape[1]} guesses together give {right.sum()}. "
        f"The surest guess is {spoken(str(first[sure]))}, with probability {number(best[sure])}, "
        f"after {quoted(text[max(0, sure - 15) : sure + 1])}."
    )
