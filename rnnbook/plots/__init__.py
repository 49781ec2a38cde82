"""Pictures: arrays and an ``ax`` in, the ``ax`` out. Never a model.

Importing this package sets matplotlib's style to that of the book. Every function
draws on ``ax``, or on a new figure if there is none, and returns the axes, so that
several can share a figure. It also says from its data what the picture shows; see
:func:`describe`. :func:`show` puts a figure on the page, with its caption and with
that as its alternative text.

Used in every chapter.
"""

from __future__ import annotations

import matplotlib as mpl

from rnnbook import theme
from rnnbook.plots._glyphs import visible
from rnnbook.plots.alternative import describe
from rnnbook.plots.curves import band_plot, loss_curve, memory_curve
from rnnbook.plots.distributions import next_char_distribution
from rnnbook.plots.gates import gate_saturation, gate_strips
from rnnbook.plots.heatmaps import diverging_map, heatmap, sequential_map
from rnnbook.plots.intervals import interval_plot
from rnnbook.plots.music import show_tune
from rnnbook.plots.page import figure_html, png, show
from rnnbook.plots.sequences import sequence_shapes
from rnnbook.plots.texts import coloured_text, guesses

mpl.rcParams.update(theme.matplotlib_style())  # type: ignore[arg-type]

__all__ = [
    "band_plot",
    "coloured_text",
    "describe",
    "diverging_map",
    "figure_html",
    "gate_saturation",
    "gate_strips",
    "guesses",
    "heatmap",
    "interval_plot",
    "loss_curve",
    "memory_curve",
    "next_char_distribution",
    "png",
    "sequence_shapes",
    "sequential_map",
    "show",
    "show_tune",
    "visible",
]
