"""Gates: open or shut over a text, and how often each is saturated.

Used in the chapter *Looking inside*.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from rnnbook import theme
from rnnbook.plots import _text_grid as texts
from rnnbook.plots._axes import axes
from rnnbook.plots.alternative import listed, number, quoted, tell
from rnnbook.plots.texts import COLUMNS

_MARKERS = "o^sDv"


def gate_strips(
    gates: Mapping[str, ArrayLike], text: str, ax: Axes | None = None, *, columns: int = COLUMNS
) -> Axes:
    """Gates (T,), by name, from 0 (shut, pale) to 1 (open, dark), as strips under the text.

    A strip may be one unit's gate or the mean over units. The text is wrapped to lines of
    ``columns``, and every line has its strips.

    Raises :class:`ValueError` if there is none, or not one value a character.
    """
    if not gates:
        raise ValueError("there must be one gate or more, by name")
    strips = np.stack([texts.per_character(gate, text, f"values of {name}")
                       for name, gate in gates.items()], axis=1)  # (T, strips)  # fmt: skip
    if strips.ndim != 2:
        raise ValueError("a strip is the gate of one unit (T,): choose a unit, or take the mean")
    grid = texts.grid(text, columns, below=len(gates))
    ax = grid.axes(ax, left=0.09 * max(map(len, gates)))
    ground = grid.colours()
    rows, places = grid.under()
    ground[rows, places] = texts.shade(strips, theme.SEQUENTIAL, 0, 1)
    image = texts.lay_ground(ax, ground)
    texts.write(ax, texts.on_a_line(text), grid.columns, grid.rows, [texts.PLAIN] * len(text))
    named = np.unique(rows)
    ax.set_yticks(named, [*gates] * (len(named) // len(gates)), parse_math=False)
    ax.tick_params(length=0)
    means = (f"{name} is {number(gate.mean())} on average, most open at "
             f"{_place(text, int(gate.argmax()))} and most shut at "
             f"{_place(text, int(gate.argmin()))}"
             for name, gate in zip(gates, strips.T, strict=True))  # fmt: skip
    tell(image, f"Gates over the text {quoted(text)}: {'; '.join(means)}.")
    return ax


def _place(text: str, t: int) -> str:
    return f"the end of {quoted(text[max(0, t - 9) : t + 1])}"


def gate_saturation(
    fractions: Mapping[str, tuple[ArrayLike, ArrayLike]], ax: Axes | None = None
) -> Axes:
    """A mark a unit: how often its gate is open, above .9, against shut, below .1.

    ``fractions`` gives for each gate the fractions (H,) of characters at which it is
    left-saturated (below .1) and right-saturated (above .9). They add up to 1 at most, so
    every mark lies under the diagonal. After Karpathy, Johnson and Fei-Fei (2015),
    arXiv 1506.02078, figure 2.
    """
    ax = axes(ax, (4.6, 4.4))
    ax.plot([0, 1], [1, 0], "--", color=theme.MUTED, linewidth=1)
    words = []
    for index, (name, (left, right)) in enumerate(fractions.items()):
        left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
        marks = ax.scatter(right, left, s=16, color=f"C{index}", alpha=0.85, linewidths=0,
                           marker=_MARKERS[index % len(_MARKERS)], label=name)  # fmt: skip
        words.append(
            f"{name} is above .9 at {right.mean():.0%} of the characters on average and below "
            f".1 at {left.mean():.0%}; {(right > 0.9).sum()} of {len(right)} units are above .9 "
            f"nearly always, {(left > 0.9).sum()} below .1"
        )
        tell(marks, f"{words[-1]}.")
    ax.set(xlabel="fraction right-saturated (> .9)", ylabel="fraction left-saturated (< .1)",
           xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")  # fmt: skip
    ax.legend()
    tell(ax.lines[0], f"A mark a unit, for {listed(fractions)}.")
    return ax
