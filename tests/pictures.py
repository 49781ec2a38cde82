"""What the tests of pictures need: pixels, and where they are."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from rnnbook import plots

DPI = 110


def new_axes() -> Axes:
    return Figure(figsize=(4, 3)).subplots()


def pixels(ax: Axes) -> np.ndarray:
    """The figure as it would be printed on white: (rows, columns, 3), from 0 to 1."""
    image = imread(io.BytesIO(plots.png(ax, DPI)))
    return image[..., :3] * image[..., 3:] + 1 - image[..., 3:]


def count_of(colour, image: np.ndarray, tolerance: float = 0.02) -> int:
    return int((np.abs(image - to_rgb(colour)).max(axis=-1) < tolerance).sum())


def patch_at(ax: Axes, image: np.ndarray, x: float, y: float, size: float = 1.0) -> np.ndarray:
    """The pixels (rows, columns, 3) of a box of this size, in units of the data, around x, y."""
    half = size / 2
    corners = ax.transData.transform([(x - half, y - half), (x + half, y + half)])
    (left, right), (low, high) = (
        np.sort(corners[:, axis]) * DPI / ax.figure.dpi for axis in (0, 1)
    )
    rows = slice(
        round(len(image) - high), max(round(len(image) - low), round(len(image) - high) + 1)
    )
    return image[rows, round(left) : max(round(right), round(left) + 1)]
