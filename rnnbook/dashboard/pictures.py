"""What was drawn, as HTML. Text from a model or a visitor is always escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rnnbook import plots
from rnnbook.language_model import Trace
from rnnbook.sampling import next_char_probs

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
    logits: NDArray[np.floating], chars: list[str], temperature: float, read: str
) -> str:
    """The next-character distribution after ``read``, of logits (V,), as a figure."""
    probs = next_char_probs(logits, temperature)
    ax = _axes(4.4, 3.3, left=0.55, bottom=0.5)
    plots.next_char_distribution(probs, chars, ax, top=NUM_BARS)
    order = np.argsort(-probs, kind="stable")[:3]
    likeliest = ", ".join(f"{plots.visible(chars[i])} with {probs[i]:.2f}" for i in order)
    alt = f"Bar chart of probabilities. The likeliest next characters: {likeliest}."
    caption = f"Next character after “{_end(read)}”, at temperature {temperature:.2f}"
    return plots.figure_html(ax, caption, alt)


def heatmap_html(trace: Trace) -> str:
    """Hidden activations of the top layer: the liveliest units, one column a character."""
    hidden = trace.hidden[-1]  # (T, H)
    units = np.sort(np.argsort(-hidden.std(axis=0), kind="stable")[:NUM_UNITS])
    shown = slice(None, None, 4)
    ax = _axes(10.6, 3.0, left=0.6, bottom=0.25)
    plots.heatmap(hidden[:, units], trace.text, ax, colorbar=False)
    ax.set_yticks(np.arange(len(units))[shown], [str(unit) for unit in units[shown]])
    caption = (
        f"Hidden activations over the last {len(trace.text)} characters, from −1 (blue) to "
        f"+1 (red). Rows: the {len(units)} of {hidden.shape[1]} units that change most"
    )
    alt = (
        f"Heatmap of {len(units)} units, one a row, by {len(trace.text)} characters, one a column."
    )
    return plots.figure_html(ax, caption, alt)


def _axes(width: float, height: float, *, left: float, bottom: float) -> Axes:
    """Axes in a figure of inches, with fixed margins: drawn twice as fast as a fitted layout."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("none")
    box = (left / width, bottom / height, 1 - (left + 0.05) / width, 1 - (bottom + 0.1) / height)
    return figure.add_axes(box)


def _end(read: str, length: int = 12) -> str:
    """The last characters of a text, in signs that can be seen."""
    end = "".join("⏎" if char == "\n" else char for char in read[-length:])
    return f"…{end}" if len(read) > length else end
