"""What was drawn, as HTML. Text from a model or a visitor is always escaped."""

from __future__ import annotations

from html import escape

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rnnbook import plots
from rnnbook.language_model import Trace
from rnnbook.sampling import next_char_probs

#: How many units and how many characters the heatmap shows.
NUM_UNITS, NUM_CHARS = 32, 72


def text_html(prompt: str, text: str, *, writing: bool = False) -> str:
    """The prompt, the text, and a cursor while it is being written."""
    cursor = '<span class="rnnbook-cursor"></span>' if writing else ""
    return (
        f'<div class="rnnbook-page" role="region" aria-label="What the network wrote" tabindex="0">'
        f'<b class="rnnbook-prompt">{escape(prompt.lstrip())}</b>{escape(text)}{cursor}</div>'
    )


def message_html(text: str, *, is_problem: bool = False) -> str:
    """A sentence that screen readers announce."""
    kind = "rnnbook-problem" if is_problem else "rnnbook-said"
    return f'<p class="{kind}" role="status">{escape(text)}</p>'


def note_html(text: str) -> str:
    """A quiet sentence."""
    return f'<p class="rnnbook-said">{escape(text)}</p>'


def distribution_html(logits: NDArray[np.floating], chars: list[str], temperature: float) -> str:
    """The next-character distribution at a temperature, as a figure."""
    probs = next_char_probs(logits, temperature)
    figure = Figure(figsize=(6.4, 2.1), layout="constrained")
    plots.next_char_distribution(probs, chars, figure.subplots(), top=14)
    best = int(np.argmax(probs))
    alt = (
        f"Bars: the likeliest next character is {plots.visible(chars[best])} "
        f"with probability {probs[best]:.2f}."
    )
    return plots.figure_html(figure, f"What may come next, at temperature {temperature:.2f}", alt)


def heatmap_html(trace: Trace) -> str:
    """Hidden activations of the top layer: the liveliest units, the last characters."""
    hidden = trace.hidden[-1]  # (T, H)
    units = np.sort(np.argsort(-hidden.std(axis=0), kind="stable")[:NUM_UNITS])
    figure = Figure(figsize=(11, 3.2), layout="constrained")
    ax = plots.heatmap(hidden[:, units], trace.text, figure.subplots(), colorbar=False)
    ax.set_yticks([0, len(units) - 1], [str(units[0]), str(units[-1])])
    caption = (
        f"Hidden activations while it read the last {len(trace.text)} characters, from −1 (blue) "
        f"to +1 (red): the {len(units)} of {hidden.shape[1]} units that change most"
    )
    alt = (
        f"Heatmap of {len(units)} units, one a row, by {len(trace.text)} characters, one a column."
    )
    return plots.figure_html(ax, caption, alt)
