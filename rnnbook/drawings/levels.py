"""A few curves over whole numbers, with a mark that a script moves along them.

Used in the chapter *Counting*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnbook import theme
from rnnbook.drawings.canvas import Drawing

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 506.0, 16.0, 176.0


def levels(
    curves: Mapping[str, Sequence[float]],
    baselines: Mapping[str, float] | None = None,
    *,
    xlabel: str,
    ylabel: str = "nats per character",
) -> Drawing:
    """Curves by name, each a value for 0, 1, 2 and so on, and level lines.

    The marks are circles, ``mark-0`` on the first curve and so on; a script moves each to one of
    the curve's dots, ``dot-CURVE-NUMBER``.

    Raises :class:`ValueError` for a curve without two values.
    """
    if min(map(len, curves.values())) < 2:
        raise ValueError("a curve needs two values")
    given = [*(v for curve in curves.values() for v in curve), *(baselines or {}).values()]
    lowest, high = min(given), max(given)
    low = lowest - 0.13 * (high - lowest)  # room for the names of level lines
    last = max(map(len, curves.values())) - 1

    def at(number: float, value: float) -> tuple[float, float]:
        x = _LEFT + (_RIGHT - _LEFT) * number / last
        return x, _TOP + (_BOTTOM - _TOP) * (high - value) / (high - low or 1.0)

    told = "; ".join(
        f"{name}: {', '.join(f'{value:.2f}' for value in curve)}" for name, curve in curves.items()
    )
    drawing = Drawing(528, 226, f"{ylabel} by {xlabel}", f"{ylabel} by {xlabel}, from 0. {told}.")
    drawing.mark(
        f'<path d="M{_LEFT - 8:g} {_TOP:g}V{_BOTTOM + 8:g}H{_RIGHT + 8:g}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.45"/>'
    )
    for value in (lowest, high):
        drawing.words(_LEFT - 13, at(0, value)[1] + 5, f"{value:.1f}", anchor="end", letters=15)
    for number in range(last + 1):
        drawing.words(at(number, low)[0], _BOTTOM + 26, str(number), letters=15)
    drawing.words((_LEFT + _RIGHT) / 2, _BOTTOM + 45, xlabel, letters=15)
    drawing.words(_LEFT + 14, 20, ylabel, anchor="start", letters=15)
    for name, value in (baselines or {}).items():
        y = at(0, value)[1]
        drawing.mark(
            f'<path d="M{_LEFT:g} {y:.1f}H{_RIGHT:g}" stroke="{theme.MUTED}" '
            'stroke-dasharray="5 4" stroke-width="1.6"/>'
        )
        drawing.words(_RIGHT, y + 16, name, anchor="end", letters=15)
    for number, curve in enumerate(curves.values()):
        _curve(drawing, [at(k, value) for k, value in enumerate(curve)], number)
    for number, name in enumerate(curves):
        y = 40 + 22 * number
        drawing.mark(f'<path d="M330 {y - 5}h24" stroke="{_colour(number)}" stroke-width="3"/>')
        drawing.words(362, y, name, anchor="start", letters=15)
    return drawing


def _curve(drawing: Drawing, points: Sequence[tuple[float, float]], number: int) -> None:
    colour = _colour(number)
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    drawing.mark(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.4"/>')
    for k, (x, y) in enumerate(points):
        drawing.mark(
            f'<circle data-name="dot-{number}-{k}" cx="{x:.1f}" cy="{y:.1f}" r="3" '
            f'fill="{colour}"/>'
        )
    x, y = points[0]
    drawing.mark(
        f'<circle data-name="mark-{number}" cx="{x:.1f}" cy="{y:.1f}" r="7" '
        f'fill="none" stroke="{colour}" stroke-width="3"/>'
    )


def _colour(number: int) -> str:
    return theme.SERIES[number]
