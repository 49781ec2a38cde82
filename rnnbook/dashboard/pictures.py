"""What was drawn, as HTML. Text from a model or a visitor is always escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rnnbook import plots

#: How many units and how many characters the heatmap shows.
NUM_UNITS, NUM_CHARS = 24, 100
#: How many bars the distribution has.
NUM_BARS = 14


def text_html(prompt: str, text: str, *, writing: bool = False) -> str:
    """The prompt, the text, and a cursor while it is being written."""
    cursor = '<span class="rnnbook-cursor"></span>' if writing else ""
    return f'<div><b class="rnnbook-prompt">{escape(prompt)}</b>{escape(text)}{cursor}</div>'


def message_html(text: str, *, is_problem: bool = False) -> str:
    """A sentence: what was done, or what is wrong and how to mend it."""
    kind = "rnnbook-problem" if is_problem else "rnnbook-said"
    sentence = text[:1].upper() + text[1:]
    return f'<p class="{kind}">{escape(sentence)}</p>' if text else ""


def card_html(facts: Mapping[str, str]) -> str:
    """Facts about a model, each with its name."""
    rows = (f"<div><dt>{escape(key)}</dt><dd>{escape(facts[key])}</dd></div>" for key in facts)
    return f'<dl class="rnnbook-card">{"".join(rows)}</dl>'


def distribution_html(
    probs: NDArray[np.floating], chars: Sequence[str], caption: str, drawn: str = ""
) -> str:
    """The likeliest next characters of probs (V,): a table whose cells hold bars.

    The row of the character that was ``drawn`` is marked. A table takes a thousandth of
    the time of a picture, so it can follow a slider and a text that streams.
    """
    order = np.argsort(-probs, kind="stable")[:NUM_BARS]
    rows = "".join(_bar_html(chars[i], float(probs[i]), chars[i] == drawn) for i in order)
    title = f"<b>Next character</b> {escape(caption)}"
    return f'<table class="rnnbook-bars"><caption>{title}</caption>{rows}</table>'


def _bar_html(char: str, probability: float, is_drawn: bool) -> str:
    mark = ' class="rnnbook-drawn"' if is_drawn else ""
    name = {"\n": "newline", " ": "space", "\t": "tab"}.get(char, char)
    return (
        f'<tr{mark}><th scope="row" aria-label="{escape(name)}">{escape(plots.visible(char))}</th>'
        f'<td style="--share: {probability:.4f}">{_rounded(probability)}</td></tr>'
    )


def _rounded(probability: float) -> str:
    if probability >= 0.0005:
        return f"{probability:.3f}"
    return "&lt; 0.001" if probability > 0 else "0"


def heatmap_html(hidden: Sequence[NDArray[np.floating]], text: str, units: Sequence[int]) -> str:
    """Activations of some units, a row each, while the end of ``text`` was read.

    ``hidden`` holds, for each of its characters, the activations (H,) of one layer. A
    short text leaves columns empty, so that the picture keeps its size.
    """
    num_units = len(hidden[-1])
    shown = np.full((NUM_CHARS, len(units)), np.nan)
    last = np.array(hidden[-NUM_CHARS:])[:, units]  # (T, len(units))
    shown[: len(last)] = last
    end = text[-len(last) :]
    ax = _axes(10.6, 3.0, left=0.6, bottom=0.25)
    plots.heatmap(shown, end + "\u00a0" * (NUM_CHARS - len(end)), ax, colorbar=False)
    named = slice(None, None, 4)
    ax.set_yticks(np.arange(len(units))[named], [str(unit) for unit in units[named]])
    caption = (
        f"Hidden activations over the last {len(end)} characters, from −1 (blue) to +1 (red). "
        f"Rows: the {len(units)} of {num_units} units that change most"
    )
    alt = f"Heatmap of {len(units)} units, one a row, by {len(end)} characters, one a column."
    return plots.figure_html(ax, caption, alt)


def _axes(width: float, height: float, *, left: float, bottom: float) -> Axes:
    """Axes in a figure of inches, with fixed margins: drawn twice as fast as a fitted layout."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("none")
    box = (left / width, bottom / height, 1 - (left + 0.05) / width, 1 - (bottom + 0.1) / height)
    return figure.add_axes(box)


def end_of(read: str, length: int = 12) -> str:
    """The last characters of a text, in signs that can be seen."""
    end = "".join("⏎" if char == "\n" else char for char in read[-length:])
    return f"…{end}" if len(read) > length else end
