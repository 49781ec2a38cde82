"""What was drawn, as HTML. Text from a model or a visitor is always escaped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from rnnbook import plots, theme
from rnnbook.dashboard.measures import Measures

#: How many units and how many characters the heatmap shows.
NUM_UNITS, NUM_CHARS = 24, 100
#: How many bars the distribution has.
NUM_BARS = 14
#: A surprise of so many nats has the strongest of the eight colours.
MOST_SURPRISE = 6.0


def surprise_levels(surprise: Sequence[float]) -> list[str]:
    """The class of each character's colour: none for what was expected, then s1 to s7."""
    levels = [min(7, int(8 * nats / MOST_SURPRISE)) for nats in surprise]
    return [f"s{level}" if level else "" for level in levels]


def unit_levels(activations: Sequence[float]) -> list[str]:
    """The class of each character's colour by a unit in [-1, 1]: u0 to u8, none for zero."""
    levels = [round(4 * (1 + max(-1.0, min(1.0, float(value))))) for value in activations]
    return ["" if level == 4 else f"u{level}" for level in levels]


def legend_html(kind: str) -> str:
    """What the colours mean: ``"s"`` for surprise, ``"u"`` for a unit, empty for none."""
    if not kind:
        return ""
    first, last = ("0", f"{MOST_SURPRISE:.0f} nats") if kind == "s" else ("−1", "+1")
    count = 8 if kind == "s" else 9
    boxes = "".join(f'<i class="{kind}{level}"></i>' for level in range(count))
    return f"{first}&nbsp;{boxes}&nbsp;{last}"


def passage_html(chars: Sequence[str], classes: Sequence[str]) -> str:
    """Characters in their colours, those of one colour together."""
    runs = groupby(zip(chars, classes, strict=True), key=lambda pair: pair[1])
    return "".join(_run_html(name, "".join(char for char, _ in pairs)) for name, pairs in runs)


def _run_html(name: str, text: str) -> str:
    return f'<i class="{name}">{escape(text)}</i>' if name else escape(text)


def prompt_html(prompt: str, classes: Sequence[str] | None = None) -> str:
    """The prompt, set off from what was written."""
    return f'<b class="rnnbook-prompt">{passage_html(prompt, classes or [""] * len(prompt))}</b>'


CURSOR = '<span class="rnnbook-cursor"></span>'


def message_html(text: str, *, is_problem: bool = False) -> str:
    """A sentence: what was done, or what is wrong and how to mend it."""
    kind = "rnnbook-problem" if is_problem else "rnnbook-said"
    sentence = text[:1].upper() + text[1:]
    return f'<p class="{kind}">{escape(sentence)}</p>' if text else ""


def card_html(facts: Mapping[str, str]) -> str:
    """Facts about a model, each with its name."""
    rows = (f"<div><dt>{escape(key)}</dt><dd>{escape(facts[key])}</dd></div>" for key in facts)
    return f'<dl class="rnnbook-card">{"".join(rows)}</dl>'


def link_html(query: str) -> str:
    """The link that chooses the same settings, and so writes the same text again."""
    return f'<a href="?{escape(query)}">Link to this text</a>'


def measures_html(columns: Mapping[str, Measures]) -> str:
    """The measures of what was written, and of the corpus, a column each."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    rows = {
        "Different strings of 3": [found.distinct for found in columns.values()],
        "Words the corpus knows": [found.words for found in columns.values()],
        "New strings of 12": [found.novelty for found in columns.values()],
    }
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(map(_share_html, shares))}</tr>'
        for name, shares in rows.items()
    )
    caption = "<caption><b>Varied, and its own?</b></caption>"
    return (
        f'<table class="rnnbook-measures">{caption}<thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _share_html(share: float) -> str:
    return "<td>–</td>" if math.isnan(share) else f"<td>{share:.0%}</td>"


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


def heatmap_html(
    hidden: Sequence[NDArray[np.floating]],
    text: str,
    units: Sequence[int],
    picked: int | None = None,
) -> str:
    """Activations of some units, a row each, while the end of ``text`` was read.

    ``hidden`` holds, for each of its characters, the activations (H,) of one layer. The
    row of the unit that was ``picked`` is framed. A short text leaves columns empty, so
    that the picture keeps its size.
    """
    num_units = len(hidden[-1])
    shown = np.full((NUM_CHARS, len(units)), np.nan)
    last = np.array(hidden[-NUM_CHARS:])[:, units]  # (T, len(units))
    shown[: len(last)] = last
    end = text[-len(last) :]
    ax = _axes(10.6, 3.0, left=0.6, bottom=0.25)
    plots.heatmap(shown, end + "\u00a0" * (NUM_CHARS - len(end)), ax, colorbar=False)
    _name_rows(ax, units, picked)
    caption = (
        f"Hidden activations over the last {len(end)} characters, from −1 (blue) to +1 (red). "
        f"Rows: the {len(units)} of {num_units} units that change most"
    )
    alt = f"Heatmap of {len(units)} units, one a row, by {len(end)} characters, one a column."
    return plots.figure_html(ax, caption, alt)


def _name_rows(ax: Axes, units: Sequence[int], picked: int | None) -> None:
    """The number of every fourth unit, and of the one that was picked."""
    row = units.index(picked) if picked in units else None
    named = [r for r in range(0, len(units), 4) if row is None or abs(r - row) > 2]
    if row is not None:
        named.append(row)
        frame = Rectangle((-0.5, row - 0.5), NUM_CHARS, 1, fill=False, ec=theme.ACCENT, lw=1.4)
        ax.add_patch(frame)
    ax.set_yticks(named, [str(units[r]) for r in named])
    if row is not None:
        ax.get_yticklabels()[-1].set(color=theme.ACCENT, fontweight="bold")


def losses_html(
    steps: Sequence[int],
    losses: Sequence[float],
    validation: Mapping[int, float],
    ngram: float | None,
) -> str:
    """Training and validation loss by step, with the n-gram's as a level line."""
    ax = _axes(7.0, 2.7, left=0.75, bottom=0.55)
    baselines = {} if ngram is None else {"best n-gram": ngram}
    plots.loss_curve(steps, losses, ax, baselines=baselines)
    if validation:
        ax.plot(list(validation), list(validation.values()), "o--", color="C1", markersize=4)
    last = f" and {list(validation.values())[-1]:.3f} on unseen text" if validation else ""
    caption = (
        f"Loss: {losses[-1]:.3f} nats per character while it reads{last}. Line: training; "
        "dots: the text that it does not train on"
    )
    return plots.figure_html(ax, caption, f"Curve of the loss over {steps[-1]} steps.")


def _axes(width: float, height: float, *, left: float, bottom: float) -> Axes:
    """Axes in a figure of inches, with fixed margins: drawn twice as fast as a fitted layout.

    To fit one, ``plots`` draws it at 400 dots an inch first, which takes 190 MB for a moment.
    """
    figure = Figure(figsize=(width, height), layout="none")  # type: ignore[arg-type]
    box = (left / width, bottom / height, 1 - (left + 0.05) / width, 1 - (bottom + 0.1) / height)
    return figure.add_axes(box)


def end_of(read: str, length: int = 12) -> str:
    """The last characters of a text, in signs that can be seen."""
    end = "".join("⏎" if char == "\n" else char for char in read[-length:])
    return f"…{end}" if len(read) > length else end
