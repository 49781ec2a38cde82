"""The axes to draw on."""

from __future__ import annotations

from matplotlib.axes import Axes


def axes(ax: Axes | None, figsize: tuple[float, float] = (6.0, 3.5)) -> Axes:
    """``ax``, or the axes of a new figure that pyplot does not have to know of."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained").subplots()
