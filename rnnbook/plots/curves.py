"""Curves: losses against steps, a quantity against lag, results over seeds as bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from rnnbook import theme
from rnnbook.plots._axes import axes
from rnnbook.plots.alternative import course, number, tell

_NAMED = 12  # places of a logarithmic axis that are few
_FIT = 8  # names that fit side by side
_STYLES = ("-", "--", ":", "-.")


def loss_curve(
    x: ArrayLike,
    losses: ArrayLike | Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    baselines: Mapping[str, float] | None = None,
    xlabel: str = "step",
    styles: Sequence[str] = _STYLES,
) -> Axes:
    """Losses in nats per character against ``x``, with baselines as level lines.

    ``losses`` is one curve (N,) or several by name; curves differ by colour and by
    dash, and every baseline has its name written on it. A curve may be (3, N): the mean, and
    the low and the high end of its interval, which is drawn as a band.
    """
    curves = losses if isinstance(losses, Mapping) else {"": losses}
    return band_plot(x, curves, ax, baselines=baselines, xlabel=xlabel,
                     ylabel="loss (nats per character)", styles=styles)  # fmt: skip


def memory_curve(
    lags: ArrayLike,
    curves: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    ylabel: str = "gradient, lag 0 = 1",
) -> Axes:
    """What a character still counts for, some lags later, on a logarithmic axis.

    ``curves`` are as for :func:`band_plot`. What is zero leaves a gap.
    """
    return band_plot(lags, curves, ax, xlabel="lag (characters)", ylabel=ylabel, log="y")


def band_plot(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    baselines: Mapping[str, float] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    styles: Sequence[str] = _STYLES,
    within: tuple[float, float] | None = None,
) -> Axes:
    """Curves (N,), or (3, N) for a mean with the low and the high end of its interval.

    Curves differ by colour and by dash. ``log`` names the logarithmic axes: ``"x"``,
    ``"y"`` or ``"xy"``. ``baselines`` are level lines with their names. What is measured may
    have bounds, as a share has 0 and 1: intervals end there, ``within`` them.

    Raises :class:`ValueError` for a curve of another shape.
    """
    ax = axes(ax)
    x = np.asarray(x, dtype=np.float64)
    scene = f"{ylabel or 'A value'} against {xlabel or 'x'}, "
    for index, (name, values) in enumerate(curves.items()):
        colour = f"C{index % len(theme.SERIES)}"
        mean, low, high = _with_band(name, values, len(x))
        if within:
            mean, low, high = (part.clip(*within) for part in (mean, low, high))
        if "y" in log:
            mean, low, high = (np.where(part > 0, part, np.nan) for part in (mean, low, high))
        (line,) = ax.plot(x, mean, styles[index % len(styles)], color=colour, label=name or None)
        if not np.array_equal(low, high, equal_nan=True):
            ax.fill_between(x, low, high, color=colour, alpha=0.25, linewidth=0)
        tell(line, f"{scene if not index else ''}{name}{' ' if name else ''}{course(x, mean)}.")
    for name, value in (baselines or {}).items():
        _level_line(ax, name, value)
    if any(curves):
        ax.legend()
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if "x" in log:
        ax.set_xscale("log")
        _name_places(ax, x)
    if "y" in log:
        ax.set_yscale("log")
    return ax


def _name_places(ax: Axes, x: NDArray[np.float64]) -> None:
    """Few places on a logarithmic axis have their own names, none so near that names collide."""
    places = np.unique(x[x > 0])
    if not 2 <= len(places) <= _NAMED:
        return
    apart = np.log(places[-1] / places[0]) / _FIT
    named = [places[0]]
    for one in places[1:]:
        if np.log(one / named[-1]) >= apart:
            named.append(one)
    ax.set_xticks(named, [f"{one:,.12g}" for one in named])
    ax.minorticks_off()


def _level_line(ax: Axes, name: str, value: float) -> None:
    line = ax.axhline(value, color=theme.MUTED, linewidth=1.2)
    ax.annotate(
        f"{name} {value:.3f}",
        (1, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        fontsize="small",
    )
    tell(line, f"A line marks {name} at {number(value)}.")


def _with_band(name: str, values: ArrayLike, length: int) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=np.float64)
    if found.shape not in ((length,), (3, length)):
        raise ValueError(
            f"the curve {name!r} must be ({length},), or (3, {length}) with its interval, "
            f"not {found.shape}"
        )
    return np.broadcast_to(found, (3, length))
