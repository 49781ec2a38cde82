"""The shapes of a task on sequences: what is read at which step, and what is given back.

After the first figure of Karpathy's post (2015). Used in the chapter *Text as numbers*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from rnnbook import theme
from rnnbook.plots._axes import axes
from rnnbook.plots.alternative import listed, tell

_GAP = 1.3  # steps between two shapes of a row
_ROW = 4.2  # from the lowest box of a row to that of the next
_HALF = 0.34  # of a box's side
_COLOURS = tuple(theme.SIGNALS[signal] for signal in "xhy")
_ARROW = {"arrowstyle": "->", "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}


class Shape(NamedTuple):
    """A shape by name: how many steps, and at which of them (from 0) x is read and y given."""

    name: str
    num_steps: int
    read: tuple[int, ...]
    given: tuple[int, ...]


#: The five shapes of the post, in two rows.
SHAPES = (
    (
        Shape("one to one", 1, (0,), (0,)),
        Shape("one to many", 3, (0,), (0, 1, 2)),
        Shape("many to one", 3, (0, 1, 2), (2,)),
    ),
    (
        Shape("many to many", 5, (0, 1, 2), (2, 3, 4)),
        Shape("synced many to many", 3, (0, 1, 2), (0, 1, 2)),
    ),
)


def sequence_shapes(ax: Axes | None = None, rows: Sequence[Sequence[Shape]] = SHAPES) -> Axes:
    """Shapes in rows: x below, the state h in the middle, y above, and arrows between them.

    Raises :class:`ValueError` if a shape reads or gives at a step that it does not have.
    """
    width = max(_width(row) for row in rows)
    ax = axes(ax, (0.6 * width, 0.55 * _ROW * len(rows)))
    for index, row in enumerate(rows):
        left, bottom = (width - _width(row)) / 2, -_ROW * index
        for shape in row:
            _draw(ax, shape, left, bottom)
            left += shape.num_steps + _GAP
    ax.set(xlim=(-0.6, width - 0.4), ylim=(0.4 - _ROW * (len(rows) - 1) - 1, 3.4))
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _width(row: Sequence[Shape]) -> float:
    return sum(shape.num_steps for shape in row) + _GAP * (len(row) - 1)


def _draw(ax: Axes, shape: Shape, left: float, bottom: float) -> None:
    if not set(shape.read + shape.given) <= set(range(shape.num_steps)):
        raise ValueError(f"{shape.name!r} has the steps 0 to {shape.num_steps - 1} only")
    for step in range(shape.num_steps):
        x = left + step
        _box(ax, x, bottom + 1, 1)
        if step:
            _arrow(ax, (x - 1 + _HALF, bottom + 1), (x - _HALF, bottom + 1))
        if step in shape.read:
            _box(ax, x, bottom, 0)
            _arrow(ax, (x, bottom + _HALF), (x, bottom + 1 - _HALF))
        if step in shape.given:
            _box(ax, x, bottom + 2, 2)
            _arrow(ax, (x, bottom + 1 + _HALF), (x, bottom + 2 - _HALF))
    middle = left + (shape.num_steps - 1) / 2
    name = ax.text(middle, bottom + 2.75, shape.name, ha="center", va="center")
    tell(name, _words(shape))


def _box(ax: Axes, x: float, y: float, kind: int) -> None:
    colour = _COLOURS[kind]
    corner, side = (x - _HALF + 0.1, y - _HALF + 0.1), 2 * _HALF - 0.2
    box = FancyBboxPatch(
        corner,
        side,
        side,
        "round,pad=0.1",
        edgecolor=colour,
        facecolor=(colour, 0.2),
        linewidth=1.3,
    )
    ax.add_patch(box)
    ax.text(x, y, "xhy"[kind], ha="center", va="center", style="italic")


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops=_ARROW)


def _words(shape: Shape) -> str:
    def at(steps: tuple[int, ...]) -> str:
        numbers = listed(str(step + 1) for step in steps)
        return f"step{'' if len(steps) == 1 else 's'} {numbers}"

    name = shape.name.capitalize()
    if shape.num_steps == 1:
        return f"{name}: a single step reads x and gives y."
    return (
        f"{name}: {shape.num_steps} steps, x read at {at(shape.read)}, y given at "
        f"{at(shape.given)}."
    )
