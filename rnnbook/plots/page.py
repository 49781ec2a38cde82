"""A figure on the page: SVG in the page's own colours, a caption, a text instead of it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from PIL import Image

from rnnbook.plots import _legends, _ticks
from rnnbook.plots._glyphs import CHARACTERS
from rnnbook.plots.alternative import describe

_UNUSED = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", re.DOTALL)
_PATH = re.compile(r' d="[^"]*"')
# the page's own font, also in formulas; a figure is laid out for one that is wider than any of them
_FONT = re.compile(r"font-family: 'DejaVu Sans'(?:,[^;\"]*)?;? ?")
_ALONE = re.compile(r"font-family: '[^',]*'[;\"]")  # a font that no other stands in for
_UPRIGHT = re.compile(r' transform="rotate\(-?0 [^"]*"')
_PNG = re.compile(r"(?<=data:image/png;base64,)[^\"]+")
_PLACE = re.compile(r' [xy]="[^"]*"')
_ALIKE = re.compile(r'(?:<use [^>]* style="([^"]*)"/> ?)(?:<use [^>]* style="\1"/> ?){3,}')
_FINE = 400  # dots an inch at which letters have their true widths
_SMALLEST = 0.63  # of a figure's size: words of 11 points have 9 pixels then, those of 9 have 7.5
_WIDE = 6.0  # inches; what has no more fits a phone at that size, and what has more scrolls
_LARGEST = 1.08  # of a figure that fits a phone, where a column has room for it
_DECIMALS = re.compile(r"(\.\d\d)\d+")  # a hundredth of a point is finer than any screen


def show(figure: Figure | Axes, caption: str, alt: str | None = None) -> None:
    """Display a figure with its caption, and ``alt`` for those who cannot see it.

    Without ``alt``, the functions that drew the figure say what it shows: see
    :func:`describe`.

    Text and axes take the colour of the page's text, so that a figure reads on a
    light and on a dark page. The figure is closed.
    """
    from IPython.display import HTML, display

    display(HTML(figure_html(figure, caption, alt)))
    _close(_figure_of(figure))


def figure_html(figure: Figure | Axes, caption: str, alt: str | None = None) -> str:
    """What :func:`show` displays: a ``<figure>`` with an inline SVG.

    A figure of characters, or one of more than 6 inches, scrolls where there is no room to read
    it. Any other fits a phone with words of 9 pixels or more.

    Raises :class:`ValueError` if the caption or the alternative text is empty, or if there is
    none and nothing in the figure says what it shows.
    """
    found = _figure_of(figure)
    alt = describe(found) if alt is None else alt
    if not caption.strip() or not alt.strip():
        raise ValueError("a figure needs a caption and an alternative text")
    svg = _svg(found)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    focus = ' tabindex="0"' if _floor(found) else ""  # a keyboard can scroll it
    return (
        f'<figure class="rnnbook-plot"{focus} style="margin: 1.5em 0; overflow-x: auto">'
        f"{svg}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def png(figure: Figure | Axes, dpi: int = 110, dark: bool = False) -> bytes:
    """The figure as a PNG, on a transparent ground, for where SVG has no place."""
    found = _figure_of(figure)
    buffer = io.BytesIO()
    _ticks.write_plainly(found)
    if dark:
        _recolour(found, "#e6e9ee")
    found.savefig(buffer, format="png", dpi=dpi, transparent=True)
    return buffer.getvalue()


def _figure_of(figure: Figure | Axes) -> Figure:
    found: Figure | SubFigure | None = figure.figure if isinstance(figure, Axes) else figure
    if not isinstance(found, Figure):
        raise ValueError("the axes belong to no figure")
    return found


def _has_characters(figure: Figure) -> bool:
    return bool(figure.findobj(lambda artist: artist.get_gid() == CHARACTERS))


def _floor(figure: Figure) -> float:
    """The share of its full size that the figure keeps where there is less room; 0 for none."""
    is_wide = _has_characters(figure) or figure.get_figwidth() > _WIDE
    return _SMALLEST if is_wide else 0.0


def _svg(figure: Figure) -> str:
    """The figure as an SVG element without a size of its own, black turned to the text's colour."""
    _ticks.write_plainly(figure)
    _legends.free(figure)
    with _laid_out(figure):
        svg = _written(figure, "none")
        if _ALONE.search(svg):  # signs of a formula, such as roots and sums, that a page has not
            svg = _written(figure, "path")
    svg = _UPRIGHT.sub("", svg)
    svg = _PNG.sub(lambda png: _with_palette(png[0]), svg)
    for numbers in (_PATH, _PLACE):
        svg = numbers.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), svg)
    svg = _ALIKE.sub(_styled_once, svg)
    svg = svg.replace("stroke: #000000", "stroke: currentColor")
    svg = svg.replace("fill: #000000", "fill: currentColor")
    width = re.search(r'width="([\d.]+)pt"', svg)
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    points = float(width.group(1)) if width else 500.0
    pixels = points * 4 / 3
    share = _floor(figure)
    floor = f"min-width: {share * pixels:.0f}px; " if share else ""
    most = pixels if share else _LARGEST * pixels
    style = (
        f"width: 100%; max-width: {most:.0f}px; {floor}fill: currentColor; "
        "font-family: system-ui, sans-serif"
    )
    return svg.replace("<svg ", f'<svg style="{style}" ', 1)


def _written(figure: Figure, letters: str) -> str:
    """matplotlib's SVG on one line, in the page's font; letters are text ("none") or a "path"."""
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": letters}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _FONT.sub("", re.sub(r"\s+", " ", _UNUSED.sub("", buffer.getvalue()).strip()))


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """The layout found and held fast where letters are not rounded to SVG's 72 dots an inch."""
    engine, dpi = figure.get_layout_engine(), figure.dpi
    if engine is None:
        yield
        return
    figure.dpi = _FINE
    figure.draw_without_rendering()
    figure.dpi = dpi
    figure.set_layout_engine("none")
    yield
    figure.set_layout_engine(engine)


def _styled_once(marks: re.Match[str]) -> str:
    """Marks of one style as a group that has it."""
    style = f' style="{marks[1]}"'
    return f"<g{style}>{marks[0].replace(style, '')}</g>"


def _recolour(figure: Figure, colour: str) -> None:
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
