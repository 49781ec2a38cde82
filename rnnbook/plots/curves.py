"""Losses against steps or characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rnnbook import theme
from rnnbook.plots._axes import axes


def loss_curve(
    x: ArrayLike,
    losses: ArrayLike | Mapping[str, ArrayLike],
    ax: Axes | None = None,
    *,
    baselines: Mapping[str, float] | None = None,
    xlabel: str = "step",
    styles: Sequence[str] = ("-", "--", ":", "-."),
) -> Axes:
    """Losses in nats per character against ``x``, with baselines as level lines.

    ``losses`` is one curve (N,) or several by name; curves differ by colour and by
    dash, and every baseline has its name written on it.
    """
    ax = axes(ax)
    curves = losses if isinstance(losses, Mapping) else {"": losses}
    for index, (name, values) in enumerate(curves.items()):
        style = styles[index % len(styles)]
        ax.plot(x, values, style, color=f"C{index}", label=name or None)
    for name, value in (baselines or {}).items():
        ax.axhline(value, color=theme.MUTED, linewidth=1.2)
        ax.annotate(
            f"{name} {value:.3f}",
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize="small",
        )
    if any(curves):
        ax.legend()
    ax.set(xlabel=xlabel, ylabel="loss (nats per character)")
    return ax
