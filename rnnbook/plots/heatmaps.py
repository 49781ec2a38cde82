"""Heatmaps: units by characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from rnnbook import theme
from rnnbook.plots._axes import axes

_SIGNS = {"\n": "⏎", " ": "␣", "\t": "⇥"}
_CHAR_SIZE = 9.0  # points
#: The characters under a heatmap can be found by this id.
CHARACTERS = "characters"


def diverging_map() -> LinearSegmentedColormap:
    """Blue over grey to red, for values around 0."""
    return LinearSegmentedColormap.from_list("rnnbook-diverging", list(theme.DIVERGING))


def sequential_map() -> LinearSegmentedColormap:
    """Pale to dark red, for amounts such as surprise."""
    return LinearSegmentedColormap.from_list("rnnbook-sequential", list(theme.SEQUENTIAL))


def visible(char: str) -> str:
    """A sign that can be seen for a space, a newline or a tab; else the character."""
    return _SIGNS.get(char, char)


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
    """A character of the book's monospaced font, in inches, centred over its baseline."""
    outline, codes = text_to_path.get_text_path(FontProperties(family="monospace"), char)
    if not len(outline):  # a character without ink, such as a no-break space
        return Path(np.zeros((0, 2)))
    vertices = np.asarray(outline) * _CHAR_SIZE / text_to_path.FONT_SCALE / 72  # (N, 2)
    vertices[:, 0] -= (vertices[:, 0].min() + vertices[:, 0].max()) / 2
    return Path(vertices, codes)
