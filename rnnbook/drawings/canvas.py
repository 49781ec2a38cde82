"""A drawing: boxes, belts, arrows, gates and symbols, each a line of SVG.

All drawings of the book have one hand. A colour always means the same signal (see
:data:`rnnbook.theme.SIGNALS`) and reads on a light and on a dark ground; everything else takes
the colour of the text around it, so that a drawing needs no style sheet: not in the book, not
in JupyterLab, not on paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape

from rnnbook import theme
from rnnbook.drawings.symbols import FONT, spans

Point = tuple[float, float]

RADIUS = 14.0  # of an operation: ×, +, tanh of a belt
_CORNER = 12.0  # of a line that turns
_HEAD = 9.0  # of an arrow
_LINE, _BELT = 2.2, 9.0  # widths


class Drawing:
    """A picture of ``width`` by ``height`` units, about as many pixels on a wide page.

    ``title`` names it, and ``alt`` says all that it shows, for those who cannot see it.
    """

    def __init__(self, width: float, height: float, title: str, alt: str):
        self.width, self.height = width, height
        self.title, self.alt = title, alt
        self._parts: list[str] = []
        self._is_new = False

    @contextmanager
    def part(self, name: str, *, ghost: bool = False, new: bool = False) -> Iterator[None]:
        """What is drawn inside is one group of that name. A ghost is hardly to be seen; of a new
        one, what computes is marked."""
        faint = ' opacity="0.18"' if ghost else ""
        self._parts.append(f'<g data-part="{name}"{faint}>')
        self._is_new = new
        yield
        self._is_new = False
        self._parts.append("</g>")

    @contextmanager
    def group(self, name: str, before: str = "") -> Iterator[None]:
        """What is drawn inside, after the SVG ``before``, is found under that name by a script."""
        self._parts.append(f"<g{_named(name)}>{before}")
        yield
        self._parts.append("</g>")

    def line(self, *points: Point, kind: str = "", arrow: bool = True, name: str = "") -> None:
        """A line through points with round corners, in the colour of a signal."""
        colour = theme.SIGNALS.get(kind, "currentColor")
        *before, end = points
        last, angle = _shortened(before[-1], end, _HEAD * 0.8 if arrow else 0)
        path = _path([*before, last])
        head = f'<path d="{_arrowhead(end, angle)}" fill="{colour}"/>' if arrow else ""
        self._parts.append(
            f'<g{_named(name)}><path d="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="{_LINE}"/>{head}</g>'
        )

    def belt(self, *points: Point, kind: str = "c", arrow: bool = False, name: str = "") -> None:
        """A broad line, for what is handed on from step to step."""
        colour = theme.SIGNALS[kind]
        *before, end = points
        last, angle = _shortened(before[-1], end, 15 if arrow else 0)
        head = f'<path d="{_arrowhead(end, angle, 19)}" fill="{colour}"/>' if arrow else ""
        self._parts.append(
            f'<g{_named(name)}><path d="{_path([*before, last])}" fill="none" stroke="{colour}" '
            f'stroke-width="{_BELT}"/>{head}</g>'
        )

    def box(
        self,
        x: float,
        y: float,
        label: str = "",
        *,
        size: Point = (48, 34),
        kind: str = "",
        letters: float = 18,
        name: str = "",
    ) -> None:
        """A box around a middle, with a symbol in it; without a kind it is a part that computes."""
        marked = self._is_new and not kind
        colour = theme.SIGNALS["c"] if marked else theme.SIGNALS.get(kind, "currentColor")
        fill, line = (0.4, 3.0) if marked else (0.2 if kind else 0.09, 1.6)
        width, height = size
        self._parts.append(
            f'<g{_named(name)}><rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" '
            f'width="{_n(width)}" height="{_n(height)}" rx="7" fill="{colour}" '
            f'fill-opacity="{fill}" stroke="{colour}" stroke-width="{line}"/>'
        )
        if label:
            self.label(x, y + 0.32 * letters, label, letters=letters)
        self._parts.append("</g>")

    def operation(self, x: float, y: float, sign: str, *, name: str = "") -> None:
        """A circle with × or +: what is done entry by entry."""
        arm = 5.5
        ends = {
            "+": f"M{_n(x - arm)} {_n(y)}h{2 * arm}M{_n(x)} {_n(y - arm)}v{2 * arm}",
            "×": f"M{_n(x - 4)} {_n(y - 4)}l8 8M{_n(x + 4)} {_n(y - 4)}l-8 8",
        }[sign]
        self._parts.append(
            f'<g{_named(name)} stroke="currentColor" stroke-width="1.8">'
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{RADIUS}" fill="currentColor" '
            f'fill-opacity="0.09"/><path d="{ends}"/></g>'
        )

    def dot(self, x: float, y: float, kind: str = "") -> None:
        """Where a line branches."""
        colour = theme.SIGNALS.get(kind, "currentColor")
        self._parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="4" fill="{colour}"/>')

    def frame(self, x: float, y: float, width: float, height: float, name: str = "") -> None:
        """The outline of a cell: what is computed anew at every step."""
        self._parts.append(
            f'<rect{_named(name)} x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
            f'height="{_n(height)}" rx="18" fill="currentColor" fill-opacity="0.04" '
            'stroke="currentColor" stroke-opacity="0.35" stroke-dasharray="2 5" '
            'stroke-linecap="round" stroke-width="2"/>'
        )

    def label(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "middle",
        letters: float = 18,
        name: str = "",
    ) -> None:
        """A symbol, on a base line; see :mod:`rnnbook.drawings.symbols`."""
        self._text(x, y, spans(text, letters), anchor, letters, f' font-family="{FONT}"', name)

    def words(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: str = "middle",
        letters: float = 14,
        kind: str = "",
        strong: bool = False,
        name: str = "",
    ) -> None:
        """Words or a number, in the font of the page."""
        weight = ' font-weight="700"' if strong else ""
        self._text(x, y, escape(text), anchor, letters, weight, name, theme.SIGNALS.get(kind, ""))

    def _text(
        self, x: float, y: float, inside: str, anchor: str, letters: float, more: str, name: str,
        colour: str = "",
    ) -> None:  # fmt: skip
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(
            f'<text{_named(name)} x="{_n(x)}" y="{_n(y)}" font-size="{_n(letters)}"{side}{more} '
            f'fill="{colour or "currentColor"}">{inside}</text>'
        )

    def mark(self, markup: str) -> None:
        """Whatever else a drawing needs, as SVG; texts in it must be escaped."""
        self._parts.append(markup)

    def svg(self, *, live: bool = False) -> str:
        """The drawing as an SVG element; a live one is described by the figure around it."""
        said = 'aria-hidden="true"' if live else f'role="img" aria-label="{escape(self.alt)}"'
        title = "" if live else f"<title>{escape(self.title)}</title>"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {said} '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}" '
            f'style="width: 100%; max-width: {_n(1.15 * self.width)}px; '
            f'font-family: system-ui, sans-serif">{title}{"".join(self._parts)}</svg>'
        )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _named(name: str) -> str:
    return f' data-name="{escape(name)}"' if name else ""


def _shortened(start: Point, end: Point, by: float) -> tuple[Point, float]:
    """The end of a line that leaves room for an arrow's head, and the way that it points."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    return (end[0] - by * math.cos(angle), end[1] - by * math.sin(angle)), angle


def _arrowhead(tip: Point, angle: float, length: float = _HEAD) -> str:
    spread = 0.48 if length == _HEAD else 0.55
    sides = [
        (tip[0] - length * math.cos(angle + turn), tip[1] - length * math.sin(angle + turn))
        for turn in (-spread, spread)
    ]
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in (tip, *sides)) + "Z"


def _path(points: Sequence[Point]) -> str:
    """A line through points, its corners rounded."""
    path = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near, far = (_towards(corner, other) for other in (before, after))
        path += f"L{_n(near[0])} {_n(near[1])}Q{_n(corner[0])} {_n(corner[1])} "
        path += f"{_n(far[0])} {_n(far[1])}"
    return path + f"L{_n(points[-1][0])} {_n(points[-1][1])}"


def _towards(corner: Point, other: Point) -> Point:
    length = math.dist(corner, other)
    share = min(_CORNER, length / 2) / length
    return tuple(a + share * (b - a) for a, b in zip(corner, other, strict=True))  # type: ignore[return-value]
