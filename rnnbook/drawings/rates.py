"""Trainings at several learning rates: how each loss falls, and where each ends.

Used in the chapter *Training for real*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from rnnbook import theme
from rnnbook.drawings.canvas import Drawing, Point

Curves = Sequence[Sequence[float]]  # a curve a seed; the first value is before the first step

_WIDTH, _HEIGHT = 400.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 388.0, 34.0, 196.0
_LAST = 5  # points of a curve whose mean is where it ends
_LETTERS = 15.0


def endings(curves: Curves, whole: int) -> list[float | None]:
    """Where each curve ends, in nats per character; None for one with fewer points than whole."""
    return [fmean(one[-_LAST:]) if len(one) >= whole else None for one in curves]


def falling_losses(
    rates: Sequence[float], curves: Sequence[Curves], *, every: int, only: int | None = None
) -> Drawing:
    """Losses by characters read, ``every`` of them a point; the curves of rate k are the group
    ``course-k``. One that was given up leaves the picture at its upper edge, with a cross.
    ``only`` one rate may be drawn and told.
    """
    whole = max(len(one) for group in curves for one in group)
    low, high = _reach(curves, whole)
    told = "; ".join(
        f"at {rate:g} {_told(endings(group, whole))}"
        for k, (rate, group) in enumerate(zip(rates, curves, strict=True))
        if only in (None, k)
    )
    drawing = Drawing(_WIDTH, _HEIGHT, "Loss by characters read",
                      f"Loss in nats per character by characters read. {told}.")  # fmt: skip
    read = every * (whole - 1)
    _frame(drawing, low, high, "characters read", "nats per character, while it trains")
    for share, anchor in ((0, "middle"), (0.5, "middle"), (1, "end")):
        drawing.words(_across(share) + (8 if share == 1 else 0), _BOTTOM + 21,
                      f"{share * read:,.0f}", anchor=anchor, letters=_LETTERS)  # fmt: skip
    for k, group in enumerate(curves):
        if only not in (None, k):
            continue
        with drawing.group(f"course-{k}"):
            for seed, one in enumerate(group):
                points = [
                    (_across(t / (whole - 1)), _up(value, low, high)) for t, value in enumerate(one)
                ]
                if len(one) < whole:
                    x = points[-1][0] + 3 * seed  # those that end in one step side by side
                    points.append((x, _TOP))
                    drawing.mark(_cross(x, _TOP))
                line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
                drawing.mark(
                    f'<path d="M{line}" fill="none" stroke="{theme.SERIES[0]}" stroke-width="2"/>'
                )
    return drawing


def last_losses(
    rates: Sequence[float], curves: Sequence[Curves], *, only: int | None = None
) -> Drawing:
    """Where the trainings of each rate ended, the group ``end-k``: a dot a seed, at their mean a
    bar, and a cross above the picture for each that was given up."""
    whole = max(len(one) for group in curves for one in group)
    low, high = _reach(curves, whole)
    said = "The loss at the end by learning rate, for each rate that was tried."
    drawing = Drawing(_WIDTH, _HEIGHT, "Loss at the end by learning rate", said)
    _frame(drawing, low, high, "learning rate", "nats per character, at the end")
    first, last = (math.log10(one) for one in (rates[0], rates[-1]))
    for power in range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1):
        drawing.words(_across((power - first) / (last - first), inset=14), _BOTTOM + 21,
                      f"{10.0**power:g}", letters=_LETTERS)  # fmt: skip
    for k, (rate, group) in enumerate(zip(rates, curves, strict=True)):
        if only not in (None, k):
            continue
        x = _across((math.log10(rate) - first) / (last - first), inset=14)
        ends = endings(group, whole)
        kept = [value for value in ends if value is not None]
        with drawing.group(f"end-{k}"):
            for value in kept:
                drawing.mark(
                    f'<circle cx="{x:.1f}" cy="{_up(value, low, high):.1f}" r="3.5" '
                    f'fill="{theme.SERIES[0]}"/>'
                )
            for number in range(len(ends) - len(kept)):
                drawing.mark(_cross(x, _TOP + 11 * number))
            if kept:
                y = _up(fmean(kept), low, high)
                drawing.mark(
                    f'<path d="M{x - 9:.1f} {y:.1f}h18" stroke="{theme.SERIES[0]}" '
                    'stroke-width="2.4"/>'
                )
    return drawing


def _told(ends: Sequence[float | None]) -> str:
    kept = [value for value in ends if value is not None]
    lost = len(ends) - len(kept)
    said = [f"they end at {', '.join(f'{value:.2f}' for value in kept)}"] if kept else []
    return " and ".join([*said, *([f"{lost} of {len(ends)} are given up"] if lost else [])])


def _reach(curves: Sequence[Curves], whole: int) -> Point:
    """The lowest and the highest loss that the picture has room for: what is worse than a start
    by a tenth leaves it."""
    starts = [one[0] for group in curves for one in group]
    lowest = min(min(one) for group in curves for one in group)
    return math.floor(2 * lowest) / 2, 1.1 * max(starts)


def _across(share: float, inset: float = 0.0) -> float:
    return _LEFT + inset + (_RIGHT - _LEFT - 2 * inset) * share


def _up(value: float, low: float, high: float) -> float:
    return _TOP + (_BOTTOM - _TOP) * (high - min(value, high)) / (high - low)


def _cross(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 4.5:.1f} {y - 4.5:.1f}L{x + 4.5:.1f} {y + 4.5:.1f}'
        f'M{x - 4.5:.1f} {y + 4.5:.1f}L{x + 4.5:.1f} {y - 4.5:.1f}" '
        f'stroke="{theme.ACCENT}" stroke-width="2.4"/>'
    )


def _frame(drawing: Drawing, low: float, high: float, xlabel: str, ylabel: str) -> None:
    """Axes with whole nats."""
    drawing.mark(
        f'<path d="M{_LEFT - 6:g} {_TOP:g}L{_LEFT - 6:g} {_BOTTOM + 4:g}L{_RIGHT + 6:g} '
        f'{_BOTTOM + 4:g}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.45"/>'
    )
    for value in range(math.ceil(low), math.floor(high) + 1):
        y = _up(value, low, high)
        drawing.words(_LEFT - 12, y + 5, str(value), anchor="end", letters=_LETTERS)
        drawing.mark(
            f'<path d="M{_LEFT - 6:g} {y:.1f}L{_RIGHT:g} {y:.1f}" stroke="currentColor" '
            'stroke-opacity="0.12"/>'
        )
    drawing.words((_LEFT + _RIGHT) / 2, _BOTTOM + 44, xlabel, letters=_LETTERS)
    drawing.words(_LEFT - 6, 17, ylabel, anchor="start", letters=_LETTERS)
