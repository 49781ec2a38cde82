"""A text on a grid: a cell a character, wrapped to lines, with rows of cells under each line.

Cells are one small image and characters are collections of outlines in the units of the
data, so that a page of text stays a light SVG and fits any axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, AffineDeltaTransform
from numpy.typing import ArrayLike, NDArray

from rnnbook import theme
from rnnbook.plots._axes import axes
from rnnbook.plots._glyphs import ADVANCE, CHARACTERS, outline, visible

_HEIGHT = 1.7  # of a cell, in its widths
_WIDTH = 1.04 * ADVANCE  # of a cell, in ems
_EM = 12.0 / 72  # inches
_BASELINE = 0.22  # below the middle of a cell, in its heights
#: A character that stands on no ground takes the colour of the page's text.
PLAIN = "black"


@dataclass(frozen=True)
class TextGrid:
    """Where each character of a wrapped text stands, with ``below`` rows under every line.

    One more row keeps the blocks apart where there are rows below.
    """

    columns: NDArray[np.int64]  # (T,)
    lines: NDArray[np.int64]  # (T,)
    below: int = 0

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each character (T,)."""
        return self.lines * self._block

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole grid."""
        gap = 1 if self.below else 0
        return int(self.rows[-1]) + self._block - gap, int(self.columns.max()) + 1

    @property
    def _block(self) -> int:
        return self.below + 2 if self.below else 1

    def under(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the cells under each character, (T, below) each."""
        rows = self.rows[:, None] + 1 + np.arange(self.below)
        return rows, np.broadcast_to(self.columns[:, None], rows.shape)

    def colours(self) -> NDArray[np.float64]:
        """A ground that is transparent everywhere: RGBA (rows, columns, 4)."""
        return np.zeros((*self.shape, 4))

    def axes(self, ax: Axes | None, left: float = 0.0) -> Axes:
        """``ax``, or that of a figure in which characters have their usual size."""
        height, width = (size * _WIDTH * _EM for size in self.shape)
        ax = axes(ax, (width + left + 0.15, height * _HEIGHT + 0.3))
        ax.spines[:].set_visible(False)
        ax.set(xticks=[], yticks=[], anchor="NW")  # flush left, so that names keep their room
        return ax


def grid(text: str, columns: int, below: int = 0) -> TextGrid:
    """A text wrapped to lines of ``columns`` at most; a newline may stand one further.

    Raises :class:`ValueError` for an empty text or a line without room.
    """
    if not text or columns < 1:
        raise ValueError("there must be a text, and one column or more to write it in")
    starts = np.array(list(_starts(text, columns)))
    places = np.arange(len(text))
    lines = np.searchsorted(starts, places, side="right") - 1
    return TextGrid(places - starts[lines], lines, below)


def _starts(text: str, columns: int) -> Iterable[int]:
    """Where each line starts: after a newline, after a space, or in the middle of a word."""
    start = 0
    while start < len(text):
        yield start
        newline = text.find("\n", start, start + columns + 1)
        end = newline + 1 if newline >= 0 else start + columns
        if newline < 0 and end < len(text):
            space = text.rfind(" ", start + columns // 2, end)
            end = space + 1 if space >= 0 else end
        start = end


def on_a_line(text: str) -> list[str]:
    """The characters to write: spaces as they are, newlines and tabs as signs."""
    return [char if char == " " else visible(char) for char in text]


def per_character(values: ArrayLike, text: str, name: str = "values") -> NDArray[np.float64]:
    """Values as an array whose first axis is the text's.

    Raises :class:`ValueError` if there is not one a character.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim == 0 or len(found) != len(text):
        raise ValueError(
            f"a text of {len(text)} characters needs {name} for each of them, "
            f"not an array of shape {found.shape}"
        )
    return found


def lay_ground(ax: Axes, colours: NDArray[np.floating]) -> AxesImage:
    """RGBA (rows, columns, 4) as cells of the shape of a character."""
    return ax.imshow(colours, aspect=_HEIGHT, interpolation="none")


def inks(colours: NDArray[np.floating]) -> list[str]:
    """For grounds (N, 4), the ink that can be read on each: WCAG's contrast is 4.5 or more."""
    linear = np.where(
        colours[:, :3] <= 0.04045, colours[:, :3] / 12.92, ((colours[:, :3] + 0.055) / 1.055) ** 2.4
    )
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # where black and white have the same contrast: (L + 0.05)² = 1.05 · 0.05
    on_ground = np.where((luminance + 0.05) ** 2 > 1.05 * 0.05, *theme.INKS)
    return [str(ink) for ink in np.where(colours[:, 3] > 0, on_ground, PLAIN)]


def write(
    ax: Axes, chars: Sequence[str], columns: ArrayLike, rows: ArrayLike, colours: Sequence[str]
) -> None:
    """Characters, each in the cell of its column and row; spaces leave theirs empty."""
    scale = Affine2D().scale(1 / _WIDTH, -1 / _WIDTH / _HEIGHT).translate(0, _BASELINE)
    places = np.column_stack([columns, rows])  # (N, 2)
    kinds = list(zip(chars, colours, strict=True))
    for kind in dict.fromkeys(kinds):
        if kind[0] != " ":
            where = places[[other == kind for other in kinds]]
            _stamp(ax, scale.transform_path(outline(kind[0])), where, facecolors=kind[1])


def frame(ax: Axes, columns: ArrayLike, rows: ArrayLike) -> None:
    """A frame inside each of these cells."""
    x, y = 0.42, 0.44
    box = Path(np.array([(-x, -y), (x, -y), (x, y), (-x, y), (-x, -y)]), closed=True)
    places = np.column_stack([columns, rows])
    _stamp(ax, box, places, facecolors="none", edgecolors=theme.INKS[0], linewidths=1.3)


def _stamp(ax: Axes, path: Path, places: NDArray[np.floating], **style: Any) -> None:
    """One path at many places, both in the units of the data."""
    style = {"linewidths": 0} | style
    stamps = PathCollection([path], offsets=places, offset_transform=ax.transData, **style)
    stamps.set_transform(AffineDeltaTransform(ax.transData))  # type: ignore[arg-type]
    stamps.set(gid=CHARACTERS, clip_on=False, in_layout=False)
    ax.add_collection(stamps, autolim=False)


def shade(values: ArrayLike, stops: Sequence[str], low: float, high: float) -> NDArray[np.float64]:
    """Values (...) as colours RGBA (..., 4) between the stops; transparent where there is none."""
    values = np.asarray(values, dtype=np.float64)
    place = np.clip((values - low) / (high - low), 0, 1)
    known = np.nan_to_num(place)
    at = np.linspace(0, 1, len(stops))
    rgb = [np.interp(known, at, channel) for channel in np.transpose([to_rgb(s) for s in stops])]
    return np.stack([*rgb, np.where(np.isnan(values), 0.0, 1.0)], axis=-1)
