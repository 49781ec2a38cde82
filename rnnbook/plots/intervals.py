"""Means with their intervals, a row each, and what they are measured against.

Used wherever a chapter draws the stored results of several seeds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from rnnbook import theme
from rnnbook.plots._axes import axes
from rnnbook.plots.alternative import number, tell

_MARKERS = "os^Dv"
_LONGEST = 26  # characters in a line of a row's name
_ROOM = 45  # characters of all names of series that one line has
_TWO_LINES = 0.42  # inches
_LINE = 16  # points, over the axes, for the names of the baselines


def interval_plot(
    rows: Mapping[str, ArrayLike | Mapping[str, ArrayLike]],
    ax: Axes | None = None,
    *,
    baselines: Mapping[str, float] | None = None,
    xlabel: str = "",
    within: tuple[float, float] | None = None,
) -> Axes:
    """A row a name, the first on top: a dot for the mean, whiskers for its interval.

    A value is (mean, low, high), or a mean alone. A row may hold several values by the name of
    their series, which differ by colour and mark. ``baselines`` are lines with their names. What is
    measured may have bounds, as a share has 0 and 1: intervals end there, ``within`` them. The
    names of the series stand over the axes, or beside them if these are given as ``ax``.

    Raises :class:`ValueError` if a value is neither.
    """
    groups = {name: row if isinstance(row, Mapping) else {"": row} for name, row in rows.items()}
    series = list(dict.fromkeys(name for group in groups.values() for name in group))
    lines, is_alone = [_in_lines(name) for name in groups], ax is None
    height = 0.24 + 0.1 * len(series)  # inches a row
    if lines != list(groups):
        height = max(height, _TWO_LINES)
    ax = axes(ax, (6.0, (1.2 if any(series) else 0.9) + height * len(groups)))
    for index, name in enumerate(series):
        places = [y for y, group in enumerate(groups.values()) if name in group]
        found = np.array([mean_low_high(group[name]) for group in groups.values() if name in group])
        if within:
            found = found.clip(*within)
        shift = 0.16 * (index - (len(series) - 1) / 2)
        mean, low, high = found.T
        marks = ax.errorbar(
            mean, np.array(places) + shift, xerr=[mean - low, high - mean], capsize=3,
            fmt=_MARKERS[index % len(_MARKERS)], color=f"C{index}", label=name or None,
        )  # fmt: skip
        named = zip([list(groups)[y] for y in places], found, strict=True)
        said = "; ".join(f"{row} {_spoken(value)}" for row, value in named)
        tell(marks.lines[0], f"{f'{name}: ' if name else ''}{said}.")
    for name, value in (baselines or {}).items():
        line = ax.axvline(value, color=theme.MUTED, linewidth=1.2)
        ax.annotate(name, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                    textcoords="offset points", ha="center", fontsize="small")  # fmt: skip
        tell(line, f"A line marks {name} at {number(value)}.")
    ax.set_yticks(range(len(groups)), lines, parse_math=False)  # $ is a character here
    ax.set(ylim=(len(groups) - 0.5, -0.5), xlabel=xlabel)
    ax.grid(axis="y", linewidth=0.5, alpha=0.35)
    if any(series) and is_alone:
        columns = len(series) if sum(map(len, series)) <= _ROOM else 2
        _name_series(ax, columns, _LINE if baselines else 0)
    elif any(series):
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def _in_lines(name: str) -> str:
    """The name of a row, in two lines if it is long: broken at a colon or a comma, if it may be."""
    for mark in (": ", ", "):
        head, found, tail = name.rpartition(mark)
        if found and len(name) > _LONGEST >= max(len(head), len(tail)):
            return f"{head}{mark.strip()}\n{tail}"
    return textwrap.fill(name, _LONGEST)


def _name_series(ax: Axes, columns: int, lift: float) -> None:
    """A legend over the axes, ``lift`` points above: it takes none of their width."""
    above = ax.transAxes + ScaledTranslation(0, lift / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 1), bbox_transform=above, ncols=columns,
        columnspacing=1.2, handletextpad=0.3,
    )  # fmt: skip


def mean_low_high(value: ArrayLike) -> NDArray[np.float64]:
    """(3,) from a mean with its interval, or from a mean alone."""
    found = np.asarray(value, dtype=np.float64)
    if found.shape not in ((), (3,)):
        raise ValueError(f"a value is (mean, low, high) or a mean, not of shape {found.shape}")
    return np.broadcast_to(found, 3)


def _spoken(value: NDArray[np.float64]) -> str:
    mean, low, high = (number(part) for part in value)
    return mean if low == high else f"{mean}, interval {low} to {high}"
