"""A legend that covers what is drawn moves out of the way: to the right of its axes, or above."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Bbox

_WIDE = 0.35  # of the axes: what a legend beside them may take


def free(figure: Figure) -> None:
    """Move each legend that lies on a line, a bar, a band, a dot or a word of its axes.

    One that would take too much of the width stands above, if no title does.
    """
    found = [(ax, legend) for ax in figure.axes if (legend := ax.get_legend())]
    if not found:
        return
    figure.draw_without_rendering()
    for ax, legend in found:
        box = legend.get_window_extent()
        if not covers(ax, box):
            continue
        titled = any(ax.get_title(side) for side in ("left", "center", "right"))
        above = not titled and box.width > _WIDE * ax.get_window_extent().width
        legend.set_loc("lower left" if above else "center left")
        legend.set_bbox_to_anchor((0, 1) if above else (1, 0.5), ax.transAxes)


def covers(ax: Axes, box: Bbox) -> bool:
    """Whether anything that is drawn in the axes lies in a box, in pixels."""
    drawn = [(path, filled) for path, filled in _paths(ax) if np.size(path.vertices)]
    if any(path.intersects_bbox(box, filled) for path, filled in drawn):
        return True
    words = [one for one in ax.texts if one.get_text() and one.get_visible()]
    boxes = [one.get_window_extent() for one in (*words, *ax.patches)]
    dots = [
        one.get_offset_transform().transform(one.get_offsets())
        for one in ax.collections
        if isinstance(one, PathCollection)
    ]
    inside = any(box.contains(x, y) for places in dots for x, y in np.ma.filled(places, np.nan))
    return inside or any(box.overlaps(other) for other in boxes)


def _paths(ax: Axes) -> Iterator[tuple[Path, bool]]:
    """The lines and bands of the axes in pixels, and whether each is filled."""
    for line in ax.lines:
        yield line.get_path().cleaned(line.get_transform(), remove_nans=True), False
    for one in ax.collections:
        if isinstance(one, Collection) and not isinstance(one, PathCollection):
            filled = bool(len(one.get_facecolor()))
            for path in one.get_paths():
                yield path.cleaned(one.get_transform(), remove_nans=True), filled
