"""Reading a mind: a text, coloured by what one unit says after each character.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import traitlets

from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets
from rnnbook.widgets.figure import ReadingFigure, load, values_of

#: The figure reads at most so many characters.
LONGEST = 2000
_GUESSES = 5


class Reader(ReadingFigure):
    """A network that reads a text, with one unit's mind laid open.

    Every character is coloured by the unit's value after it: blue below zero, red
    above. Underneath stand the five characters that the network thought likeliest
    to come next. Below, a map of all units by all characters. After Karpathy,
    Johnson and Fei-Fei (2015), arXiv 1506.02078.

    ``model`` is as for :class:`Sampler`. The traits ``text``, ``unit``, ``layer``
    (from 0) and ``quantity`` can be linked to other widgets. ``quantity`` is
    ``"h"``, a gate, or the LSTM's ``"c"``, shown as tanh c.

    Raises :class:`TextError` for an empty text or one of more than 2,000 characters,
    :class:`UnknownCharacterError` for one that the network cannot read, and
    :class:`traitlets.TraitError` for a unit, layer or quantity that is not there.
    """

    _esm = assets.module("reader")
    _css = assets.style()
    _widget = "reader"
    _longest = LONGEST
    _shared = (
        "name", "text", "unit", "layer", "quantity",
        "_kind", "_units", "_layers", "_values", "_guesses",
    )  # fmt: skip

    unit = traitlets.Int(0).tag(sync=True)
    quantity = traitlets.Unicode("h").tag(sync=True)
    _values = traitlets.List(traitlets.Float()).tag(sync=True)
    # a character: five pairs of a guess and its probability
    _guesses: traitlets.List[list[list[Any]]] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        text: str = "",
        *,
        unit: int = 0,
        layer: int = 0,
        quantity: str = "h",
    ):
        checkpoint = load(model)
        super().__init__(model, checkpoint, text)
        self.unit, self.layer, self.quantity = unit, layer, quantity
        trace = checkpoint.model().trace(text)
        values = values_of(trace, quantity, layer)[:, unit]
        self._values = [round(float(value), 2) for value in values]
        probs = trace.probs
        best = np.argsort(-probs, axis=1, kind="stable")[:, :_GUESSES]
        self._guesses = [
            [[checkpoint.vocab[int(i)], round(float(row[i]), 2)] for i in ids]
            for ids, row in zip(best, probs, strict=True)
        ]

    @traitlets.validate("unit")
    def _valid_unit(self, proposal: Any) -> int:
        return self._number("unit", proposal["value"])

    @traitlets.validate("quantity")
    def _valid_quantity(self, proposal: Any) -> str:
        return self._quantity(proposal["value"])
