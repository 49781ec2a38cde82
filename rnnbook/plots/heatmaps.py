"""Heatmaps: units by characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from rnnbook import theme
from rnnbook.plots._axes import axes

_SIGNS = {"\n": "⏎", " ": "␣", "\t": "⇥"}


def diverging_map() -> LinearSegmentedColormap:
    """Blue over grey to red."""
    return LinearSegmentedColormap.from_list("rnnbook-diverging", list(theme.DIVERGING))


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
        interpolation="nearest",
    )  # fmt: skip
    ax.set_xticks(np.arange(len(text)), [visible(char) for char in text])
    ax.tick_params(axis="x", length=0, labelsize="small", labelfontfamily="monospace")
    ax.spines[:].set_visible(False)
    if units is not None:
        ax.set_yticks(np.arange(num_units), [str(unit) for unit in units])
    ax.set(ylabel="unit")
    if colorbar:
        bar = ax.figure.colorbar(image, ax=ax, pad=0.01, fraction=0.04)
        bar.outline.set_visible(False)
    return ax
