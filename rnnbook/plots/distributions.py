"""Distributions over the next character."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rnnbook.plots._axes import axes
from rnnbook.plots._glyphs import spoken, visible
from rnnbook.plots.alternative import number, tell


def next_char_distribution(
    probs: ArrayLike,
    chars: Sequence[str],
    ax: Axes | None = None,
    *,
    top: int = 12,
    label: str | None = None,
) -> Axes:
    """The ``top`` likeliest characters as bars, the likeliest on the left.

    ``probs`` is (V,) and ``chars`` the vocabulary. Spaces and newlines are drawn as
    signs that can be seen.
    """
    ax = axes(ax, (6.0, 2.8))
    probs = np.asarray(probs, dtype=np.float64)
    order = np.argsort(-probs, kind="stable")[:top]
    positions = np.arange(len(order))
    bars = ax.bar(positions, probs[order], color="C0", label=label)
    ax.set_xticks(positions, [visible(chars[index]) for index in order])
    ax.set(ylabel="probability", ylim=(0, 1), xlabel="next character")
    named = (f"{spoken(chars[index])} {number(probs[index])}" for index in order)
    tell(bars.patches[0], f"The likeliest next characters: {', '.join(named)}.")
    return ax
