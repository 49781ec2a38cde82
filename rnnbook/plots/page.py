"""A figure on the page: SVG in the page's own colours, a caption, a text instead of it."""

from __future__ import annotations

import base64
import io
import re
from html import escape

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from PIL import Image

_UNUSED = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", re.DOTALL)
_PATH = re.compile(r' d="[^"]*"')
# the page's own font; a figure is laid out for one that is wider than any of them
_FONT = re.compile(r"font-family: 'DejaVu Sans',[^;\"]*;? ?")
_UPRIGHT = re.compile(r' transform="rotate\(-?0 [^"]*"')
_PNG = re.compile(r"(?<=data:image/png;base64,)[^\"]+")
_DECIMALS = re.compile(r"(\.\d\d)\d+")  # a hundredth of a point is finer than any screen


def show(figure: Figure | Axes, caption: str, alt: str) -> None:
    """Display a figure with its caption, and ``alt`` for those who cannot see it.

    Text and axes take the colour of the page's text, so that a figure reads on a
    light and on a dark page. The figure is closed.
    """
    from IPython.display import HTML, display

    display(HTML(figure_html(figure, caption, alt)))
    _close(_figure_of(figure))


def figure_html(figure: Figure | Axes, caption: str, alt: str) -> str:
    """What :func:`show` displays: a ``<figure>`` with an inline SVG.

    Raises :class:`ValueError` if the caption or the alternative text is empty.
    """
    if not caption.strip() or not alt.strip():
        raise ValueError("a figure needs a caption and an alternative text")
    svg = _svg(_figure_of(figure))
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    return (
        '<figure class="rnnbook-plot" style="margin: 1.5em 0; overflow-x: auto">'
        f"{svg}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def png(figure: Figure | Axes, dpi: int = 110, dark: bool = False) -> bytes:
    """The figure as a PNG, on a transparent ground, for where SVG has no place."""
    found = _figure_of(figure)
    buffer = io.BytesIO()
    if dark:
        _recolour(found, "#e6e9ee")
    found.savefig(buffer, format="png", dpi=dpi, transparent=True)
    return buffer.getvalue()


def _figure_of(figure: Figure | Axes) -> Figure:
    found: Figure | SubFigure | None = figure.figure if isinstance(figure, Axes) else figure
    if not isinstance(found, Figure):
        raise ValueError("the axes belong to no figure")
    return found


def _svg(figure: Figure) -> str:
    """The figure as an SVG element without a size of its own, black turned to the text's colour."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = _UNUSED.sub("", buffer.getvalue()).strip()
    svg = re.sub(r"\s+", " ", svg)
    svg = _UPRIGHT.sub("", _FONT.sub("", svg))
    svg = _PNG.sub(lambda png: _with_palette(png[0]), svg)
    svg = _PATH.sub(lambda path: _DECIMALS.sub(r"\1", path[0]), svg)
    svg = svg.replace("stroke: #000000", "stroke: currentColor")
    svg = svg.replace("fill: #000000", "fill: currentColor")
    width = re.search(r'width="([\d.]+)pt"', svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    points = float(width.group(1)) if width else 500.0
    style = (
        f"width: 100%; max-width: {points * 4 / 3:.0f}px; fill: currentColor; "
        "font-family: system-ui, sans-serif"
    )
    return svg.replace("<svg ", f'<svg style="{style}" ', 1)


def _recolour(figure: Figure, colour: str) -> None:
    from matplotlib.text import Text

    for artist in figure.findobj(Text):
        artist.set_color(colour)
    for ax in figure.axes:
        ax.tick_params(colors=colour, which="both")
        for spine in ax.spines.values():
            spine.set_edgecolor(colour)


def _close(figure: Figure) -> None:
    """Let pyplot forget the figure, so that the notebook does not draw it again."""
    import matplotlib.pyplot as plt

    plt.close(figure)


def _with_palette(encoded: str) -> str:
    """The same PNG, in base64, with a byte a pixel if it is opaque and has few colours.

    A heatmap has no more colours than its map, and matplotlib writes it with four bytes.
    """
    image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    colours = image.convert("RGBA").getcolors(256)
    if colours is None or any(colour[3] < 255 for _, colour in colours):  # type: ignore[index]
        return encoded
    buffer = io.BytesIO()
    image.convert("RGB").quantize(len(colours), dither=Image.Dither.NONE).save(
        buffer, format="png", optimize=True
    )
    return base64.b64encode(buffer.getvalue()).decode()
