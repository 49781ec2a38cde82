"""Surprises by how much was shown: a few curves that a script may bend.

Used in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rnnbook import theme
from rnnbook.drawings.canvas import Drawing

_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 512.0, 36.0, 176.0
_MOST = 8  # bits: a surprise above stays at the edge
_LETTERS = 15.0


def surprises(curves: Mapping[str, Sequence[float]], shown: Sequence[int]) -> Drawing:
    """Bits for the true character by the number of characters ``shown``, evenly spaced.

    Curve k is the path ``line-k``, with the circles ``dot-k-0``, ``dot-k-1`` and so on, and the
    ring ``mark-k``; the levels of 0 and 8 bits are the lines ``level-0`` and ``level-8``.

    Raises :class:`ValueError` if a curve has another number of values.
    """
    if any(len(curve) != len(shown) for curve in curves.values()) or len(shown) < 2:
        raise ValueError(f"each curve needs {len(shown)} values, and there are two or more")
    told = "; ".join(
        f"{name}: {', '.join(f'{n} {bits:.1f}' for n, bits in zip(shown, curve, strict=True))}"
        for name, curve in curves.items()
    )
    drawing = Drawing(528, 226, "Surprise by how much is shown",
                      f"Bits for the true character, by characters shown. {told}.")  # fmt: skip
    for bits in range(0, _MOST + 1, 2):
        y = _up(bits)
        drawing.mark(
            f'<line data-name="level-{bits}" x1="{_LEFT - 4:g}" x2="{_RIGHT + 8:g}" y1="{y:g}" '
            f'y2="{y:g}" stroke="currentColor" stroke-opacity="{0.45 if bits == 0 else 0.14}"/>'
        )
        drawing.words(_LEFT - 12, y + 5, str(bits), anchor="end", letters=_LETTERS)
    xs = [_LEFT + 14 + (_RIGHT - _LEFT - 14) * k / (len(shown) - 1) for k in range(len(shown))]
    for x, number in zip(xs, shown, strict=True):
        drawing.words(x, _BOTTOM + 21, str(number), letters=_LETTERS)
    drawing.words((_LEFT + _RIGHT) / 2, _BOTTOM + 43, "characters shown", letters=_LETTERS)
    drawing.words(6, 18, "bits for the true character", anchor="start", letters=_LETTERS)
    for k, (name, curve) in enumerate(curves.items()):
        colour, dash = theme.SERIES[k], ' stroke-dasharray="6 4"' if k else ""
        points = [(x, _up(bits)) for x, bits in zip(xs, curve, strict=True)]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        with drawing.group(f"curve-{k}"):
            drawing.mark(
                f'<path data-name="line-{k}" d="M{line}" fill="none" stroke="{colour}" '
                f'stroke-width="2.4"{dash}/>'
            )
            for n, (x, y) in enumerate(points):
                drawing.mark(
                    f'<circle data-name="dot-{k}-{n}" cx="{x:.1f}" cy="{y:.1f}" r="3" '
                    f'fill="{colour}"/>'
                )
            drawing.mark(
                f'<circle data-name="mark-{k}" cx="{xs[0]:.1f}" cy="{points[0][1]:.1f}" r="7" '
                f'fill="none" stroke="{colour}" stroke-width="3"/>'
            )
            x = 300 + 120 * k
            drawing.mark(
                f'<path d="M{x} 13L{x + 24} 13" stroke="{colour}" stroke-width="3"{dash}/>'
            )
            drawing.words(x + 31, 18, name, anchor="start", letters=_LETTERS)
    return drawing


def _up(bits: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * min(bits, _MOST) / _MOST
