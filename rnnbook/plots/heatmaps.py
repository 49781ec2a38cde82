"""Heatmaps: units by characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.path import Path
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from rnnbook import theme
from rnnbook.plots._axes import axes
from rnnbook.plots._glyphs import CHARACTERS, outline, visible
from rnnbook.plots.alternative import number, quoted, tell

_CHAR_SIZE = 9.0  # points


def diverging_map() -> LinearSegmentedColormap:
    """Blue over grey to red, for values around 0."""
    return LinearSegmentedColormap.from_list("rnnbook-diverging", list(theme.DIVERGING))


def sequential_map() -> LinearSegmentedColormap:
    """Pale to dark red, for amounts such as surprise."""
    return LinearSegmentedColormap.from_list("rnnbook-sequential", list(theme.SEQUENTIAL))


def heatmap(
    activations: ArrayLike,
    text: str,
    ax: Axes | None = None,
    *,
    units: Sequence[int] | None = None,
    limit: float = 1.0,
    colorbar: bool = True,
) -> Axes:
    """Activations (T, H) as a row a unit and a column a character, in [-limit, limit].

    ``units`` names the rows when only some units are given: activations are then
    (T, len(units)).

    Raises :class:`ValueError` if there is not one row of activations a character.
    """
    values = np.asarray(activations, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(text):
        raise ValueError(
            f"a text of {len(text)} characters needs activations of shape "
            f"({len(text)}, units), not {values.shape}"
        )
    num_units = values.shape[1]
    ax = axes(ax, (max(4.0, 0.13 * len(text)), max(2.0, 0.09 * num_units + 1)))
    image = ax.imshow(
        values.T, cmap=diverging_map(), vmin=-limit, vmax=limit, aspect="auto",
        interpolation="none",  # one pixel a value: the page enlarges it
    )  # fmt: skip
    _write_below(ax, text)
    ax.spines[:].set_visible(False)
    if units is not None:
        ax.set_yticks(np.arange(num_units), [str(unit) for unit in units])
    ax.set(ylabel="unit")
    if colorbar:
        bar = ax.figure.colorbar(image, ax=ax, pad=0.01, fraction=0.04)
        bar.outline.set_visible(False)
    tell(image, _words(values, text.rstrip("\u00a0"), units or range(num_units), limit))
    return ax


def _write_below(ax: Axes, text: str) -> None:
    """One character under each column.

    Drawn as collections of outlines: a hundred tick labels take matplotlib twenty times
    as long, and the dashboard draws several heatmaps a second. A collection is one
    character at all its columns, so that an SVG holds each outline once.
    """
    ax.set_xticks([])
    ax.set_xlabel(" ", fontsize=_CHAR_SIZE)  # keeps room for the characters in any layout
    points = ax.figure.dpi_scale_trans
    below = ax.get_xaxis_transform() + ScaledTranslation(0, -1.3 * _CHAR_SIZE / 72, points)
    for char in dict.fromkeys(text):
        columns = PathCollection(
            [_outline(visible(char))],
            offsets=[(t, 0) for t in range(len(text)) if text[t] == char],
            offset_transform=below,
            facecolors="black",
            linewidths=0,
            clip_on=False,
        )
        columns.set_transform(points)
        columns.set_gid(CHARACTERS)
        columns.set_in_layout(False)
        ax.add_collection(columns, autolim=False)


@cache
def _outline(char: str) -> Path:
    """The outline of a character in inches."""
    path = outline(char)
    return Path(np.asarray(path.vertices) * _CHAR_SIZE / 72, path.codes)


def _words(values: NDArray[np.float64], text: str, units: Sequence[int], limit: float) -> str:
    """How large the map is, and which of its rows change most and least."""
    words = (
        f"A heatmap of {len(units)} units, one a row, by the {len(text)} characters of "
        f"{quoted(text)}, from blue at {number(-limit)} to red at {number(limit)}."
    )
    known = values[~np.isnan(values).any(axis=1)]
    if len(known) < 2 or len(units) < 2:
        return words
    spread = known.std(axis=0)
    most, least = int(spread.argmax()), int(spread.argmin())
    return f"{words} Unit {units[most]} changes most, unit {units[least]} least."
