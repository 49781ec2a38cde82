"""Context: how a guess changes with how much of the text before it is shown.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from rnnbook import drawings, inspection
from rnnbook.checkpoints import Checkpoint
from rnnbook.counters.counter import Counter
from rnnbook.errors import CheckpointError, TextError
from rnnbook.recurrent import LINEAR
from rnnbook.widgets import assets
from rnnbook.widgets.figure import ModelFigure, drawn, load

#: How many of the last characters are shown.
SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
LONGEST = SHOWN[-1] + 1
_GUESSES = 6


class Context(ModelFigure):
    """The guess of a network and of a counter for the last character of a passage.

    ``passages`` are texts by name; the last character of each is the true one, and up to 500
    before it are shown. A reader may type another, which the network reads in the page; the
    counter's tables are not there. The traits ``text`` and ``place``, an index into
    :data:`SHOWN`, can be linked to other widgets.

    Raises :class:`TextError` for a passage of fewer than 2 characters or more than 501,
    :class:`CheckpointError` for a linear recurrence, and :class:`traitlets.TraitError` for a
    place that is not there.
    """

    _esm = assets.module("context")
    _css = assets.style()
    _widget = "context"
    _shared = ("name", "text", "place", "_shown", "_rivals", "_passages", "_drawing")

    place = traitlets.Int(2).tag(sync=True)
    _shown = traitlets.List(traitlets.Int()).tag(sync=True)
    _rivals = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # {"name", "text", "guesses": by rival and length [[character, probability], ...], "bits"}
    _passages = traitlets.List(traitlets.Dict()).tag(sync=True)
    _drawing = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint,
        passages: Mapping[str, str],
        counter: Counter,
    ):
        checkpoint = load(model)
        if checkpoint.config.kind in LINEAR:
            raise CheckpointError("the figure shows an RNN, a GRU or an LSTM")
        network = checkpoint.model()
        for name, text in passages.items():
            if not 2 <= len(text) <= LONGEST:
                raise TextError(f"{name}: a passage has 2 to {LONGEST} characters, not {len(text)}")
        rivals = ["network", f"{counter.order}-gram"]
        found = [_passage(name, text, (network, counter)) for name, text in passages.items()]
        self._curves = dict(zip(rivals, found[0]["bits"], strict=True))
        super().__init__(
            model, checkpoint, _shown=list(SHOWN), _rivals=rivals, _passages=found,
            _drawing=drawings.surprises(self._curves, SHOWN).svg(live=True),
        )  # fmt: skip
        self.text = next(iter(passages.values()))

    @traitlets.validate("place")
    def _valid_place(self, proposal: Any) -> int:
        if not 0 <= proposal["value"] < len(SHOWN):
            raise traitlets.TraitError(f"places are 0 to {len(SHOWN) - 1}")
        return int(proposal["value"])

    def bits(self) -> dict[str, NDArray[np.float64]]:
        """By passage: the bits (2, K) of the network and of the counter, by length."""
        return {one["name"]: np.array(one["bits"]) for one in self._passages}

    def _still_html(self) -> str:
        first = self._passages[0]
        shown, true = first["text"][:-1], first["text"][-1]
        text = f"{shown[-SHOWN[self.place] :] if SHOWN[self.place] else ''}?"
        guesses = ", ".join(
            f"{char!r} {share:.0%}" for char, share in first["guesses"][0][self.place][:3]
        )
        count = SHOWN[self.place]
        said = f"Shown {count} characters, the network guesses {guesses}; it is {true!r}."
        return (
            f'<pre class="rnnbook-text">{escape(text)}</pre>'
            f"{drawn(drawings.surprises(self._curves, SHOWN), said)}"
        )


def _passage(name: str, text: str, models: Any) -> dict[str, Any]:
    guesses, bits = [], []
    for model in models:
        ids = model.vocab.encode(text)
        lengths = [min(n, len(ids) - 1) for n in SHOWN]
        probs = inspection.by_context(model, ids[:-1], lengths)  # (K, V)
        best = np.argsort(-probs, axis=1, kind="stable")[:, :_GUESSES]
        guesses.append(
            [
                [[model.vocab.chars[k], round(float(row[k]), 4)] for k in order]
                for row, order in zip(probs, best, strict=True)
            ]
        )
        bits.append(np.round(-np.log2(probs[:, ids[-1]]), 3).tolist())
    return {"name": name, "text": text, "guesses": guesses, "bits": bits}
