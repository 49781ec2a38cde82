"""What a page tells of a network beside its figures: card, curve, samples, privacy.

All text that comes from a checkpoint is escaped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, TypeGuard

from rnnbook.checkpoints import Checkpoint
from rnnbook.counters.measured import baseline
from rnnbook.evaluation import Loss
from rnnbook.recurrent import count_parameters, label

_LONGEST = 200  # characters of a name or a measure that a card shows
_CURVE = 4.4, 3.0  # inches: its words can be read on a phone, too


def table(caption: str, rows: Iterator[tuple[str, str]]) -> str:
    """The facts of a network, a row each."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value[:_LONGEST])}</td></tr>'
        for name, value in rows
        if value
    )
    return f"<table><caption>{escape(caption)}</caption><tbody>{body}</tbody></table>"


def card(name: str, checkpoint: Checkpoint) -> str:
    """What the network is, what it read, and how well it predicts, beside counting."""
    return table(f"The network {name}", _facts(checkpoint))


def _facts(checkpoint: Checkpoint) -> Iterator[tuple[str, str]]:
    config, info = checkpoint.config, checkpoint.info
    size = count_parameters(config, len(checkpoint.vocab))
    layers = "one layer" if config.num_layers == 1 else f"{config.num_layers} layers"
    yield (
        "network",
        f"{label(config.kind)}, {layers} of {config.hidden_size} units, {size:,} parameters",
    )
    yield "symbols", f"{len(checkpoint.vocab)}"
    corpus = _mapping(info.get("corpus"))
    if number(corpus.get("characters")):
        yield "text", f"{corpus.get('name', 'a text')}, {corpus['characters']:,} characters"
    if number(info.get("characters_read")):
        yield "read in training", f"{info['characters_read']:,} characters"
    counter, loss = baseline(info), info.get("validation_loss")
    if number(loss):
        yield "loss", f"{_nats(loss)}, {info.get('measured', 'as its training measured it')}"
    if counter is not None:
        yield "counter", f"{_nats(counter.loss)}, the best by counting ({counter.name})"
    if number(loss) and counter is not None:
        yield "beside counting", _beside(loss, counter.loss)


def _beside(loss: float, counted: float) -> str:
    gain = counted - loss
    return f"{'better' if gain > 0 else 'worse'} by {abs(gain):.3f} nats per character"


def _nats(loss: float) -> str:
    found = Loss(loss, 0)
    return f"{loss:.3f} nats per character ({found.bits_per_char:.2f} bits)"


def number(value: object) -> TypeGuard[float]:
    """Whether a value of a checkpoint's story is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def history(checkpoint: Checkpoint) -> list[Mapping[str, Any]]:
    """The points of a training that have a loss and a sample, in order."""
    points = checkpoint.info.get("history")
    points = points if isinstance(points, list) else []
    return [
        point
        for point in map(_mapping, points)
        if number(point.get("characters"))
        and number(point.get("validation_loss"))
        and isinstance(point.get("sample"), str)
    ]


def curve(name: str, checkpoint: Checkpoint) -> str:
    """The validation loss through the training, with the counter's as a level line."""
    # Matplotlib takes a second: only where there is something to draw.
    from matplotlib.figure import Figure

    from rnnbook import plots

    points = history(checkpoint)
    if len(points) < 2:
        return ""
    counter = baseline(checkpoint.info)
    ax = plots.loss_curve(
        [point["characters"] / 1e6 for point in points],
        [point["validation_loss"] for point in points],
        Figure(figsize=_CURVE).subplots(),
        baselines=None if counter is None else {counter.name: counter.loss},
        xlabel="million characters read",
    )
    caption = f"How {name} learnt: the loss on text that was held out."
    alt = (
        f"The loss falls from {points[0]['validation_loss']:.2f} to "
        f"{points[-1]['validation_loss']:.2f} nats per character."
    )
    return plots.figure_html(ax, caption, alt)


def samples(name: str, checkpoint: Checkpoint) -> str:
    """The samples that the training kept, one at a time, with a slider over them."""
    points = history(checkpoint)
    if not points:
        return ""
    told = [
        {
            "at": f"after {point['characters']:,.0f} characters: "
            f"loss {point['validation_loss']:.3f}",
            "text": point["sample"].lstrip("\n"),
        }
        for point in points
    ]
    last = told[-1]
    return (
        f'<div class="samples"><label>Progress of {escape(name)} '
        f'<input type="range" min="0" max="{len(told) - 1}" value="{len(told) - 1}"></label>'
        f'<p role="status">{escape(last["at"])}</p>'
        f'<pre dir="auto" tabindex="0">{escape(last["text"])}</pre>{data(told)}</div>'
    )


def data(value: object) -> str:
    """A value for a script of the page, as JSON that no markup can break out of."""
    text = json.dumps(value, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f'<script type="application/json">{text}</script>'


def privacy(included: int, copied: int | None, written: int) -> str:
    """What the file holds of the text that was read, and what a network may tell of it."""
    if included:
        holds = (
            f"This file holds the weights of the network, samples that it wrote, and the first "
            f"{included:,} characters of the text's held-out part, because it was made so."
        )
    else:
        holds = (
            "This file holds the weights of the network, its symbols, and samples that it wrote. "
            "The text that it read is not in it."
        )
    may = "A network can repeat what it read, the more so the shorter the text."
    if copied is None:
        measured = (
            "How much this one repeats was not measured; `rnnbook evaluate NETWORK TEXT --copies` "
            "does so, and `rnnbook page NETWORK --text TEXT` writes it here."
        )
    else:
        measured = (
            f"In {written:,} characters that it wrote, the longest string that stands in the "
            f"text as well has {copied} characters."
        )
    return "".join(f"<p>{_coded(escape(part))}</p>" for part in (holds, f"{may} {measured}"))


def _coded(text: str) -> str:
    """Commands between backticks as code."""
    parts = text.split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
