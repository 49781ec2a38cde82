"""Tunes in ABC as sheet music, engraved by Verovio, in the page's own colours.

Verovio gets the tune as MusicXML from music21, which refuses what is no tune; its own reader
of ABC brings the process down on some of that.

Used in the chapter *Many voices*.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from rnnbook import extras
from rnnbook.evaluation import tune_score

#: Verovio's options: as wide as the page's text, and the same SVG from the same tune.
_OPTIONS = {
    "adjustPageHeight": True, "breaks": "auto", "footer": "none", "header": "none",
    "inputFrom": "xml", "pageMarginLeft": 40, "pageMarginRight": 0, "pageWidth": 1600, "scale": 45,
    "svgRemoveXlink": True, "svgViewBox": True, "xmlIdSeed": 1,
}  # fmt: skip
_FIELD = re.compile(r"^([TMK]):[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_DESCRIPTION = re.compile(r"<desc>.*?</desc>|<title[^>]*>.*?</title>", re.DOTALL)
_OUTER = re.compile(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)"')


def show_tune(tune: str, caption: str) -> None:
    """Display a tune in ABC as sheet music. Raises what :func:`tune_html` raises."""
    from IPython.display import HTML, display

    display(HTML(tune_html(tune, caption)))


def tune_html(tune: str, caption: str) -> str:
    """What :func:`show_tune` displays: a ``<figure>`` with an inline SVG.

    Raises :class:`ValueError` for what is no tune, or is longer than a page.
    """
    toolkit = _toolkit()
    if not toolkit.loadData(_music_xml(tune)) or toolkit.getPageCount() != 1:
        raise ValueError("this tune does not fit on one page")
    svg = " ".join(_DESCRIPTION.sub("", toolkit.renderToSVG(1)).split())
    size = _OUTER.search(svg)
    if size is None or 'class="note' not in svg:
        raise ValueError("there is no note in this tune")
    attributes = (
        f'role="img" aria-label="{escape(described(tune))}" '
        f'style="width: 100%; max-width: {float(size[1]):.0f}px; min-width: 30em; '
        'height: auto; fill: currentColor" '
    )
    svg = svg.replace("<svg ", f"<svg {attributes}", 1)
    svg = re.sub(r'(color|fill|stroke)="(?:black|#000(?:000)?)"', r'\1="currentColor"', svg)
    return (
        '<figure class="rnnbook-plot" tabindex="0" style="margin: 1.5em 0; overflow-x: auto">'
        f"{svg}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def described(tune: str) -> str:
    """A tune's title, metre and key in words; the rest is what the ABC itself says."""
    found = dict(reversed(_FIELD.findall(tune)))  # the first of each counts
    names = {"T": "called “{}”", "M": "in the metre {}", "K": "in the key {}"}
    parts = [words.format(found[letter]) for letter, words in names.items() if letter in found]
    return f"Sheet music of a tune {', '.join(parts)}".rstrip() + "."


def _music_xml(tune: str) -> str:
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    try:
        return GeneralObjectExporter(tune_score(tune)).parse().decode()
    except Exception as error:  # a parser that was given nonsense may fail in any way
        raise ValueError("this is no tune in ABC that music21 can read") from error


def _toolkit() -> Any:
    extras.require("engraving a tune", "verovio")
    import verovio

    verovio.enableLog(verovio.LOG_OFF)  # it says what it leaves out, such as a tempo
    toolkit = verovio.toolkit()
    toolkit.setOptions(_OPTIONS)
    return toolkit
