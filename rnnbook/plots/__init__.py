"""Pictures: arrays and an ``ax`` in, the ``ax`` out. Never a model.

Importing this package sets matplotlib's style to that of the book. Every function
draws on ``ax``, or on a new figure if there is none, and returns the axes, so that
several can share a figure. :func:`show` puts a figure on the page, with its caption
and its alternative text.

Used in every chapter.
"""

from __future__ import annotations

import matplotlib as mpl

from rnnbook import theme
from rnnbook.plots.curves import loss_curve
from rnnbook.plots.distributions import next_char_distribution
from rnnbook.plots.heatmaps import diverging_map, heatmap, sequential_map, visible
from rnnbook.plots.page import figure_html, png, show

mpl.rcParams.update(theme.matplotlib_style())  # type: ignore[arg-type]

__all__ = [
    "diverging_map",
    "figure_html",
    "heatmap",
    "loss_curve",
    "next_char_distribution",
    "png",
    "sequential_map",
    "show",
    "visible",
]
