"""Where a decoder looks while it writes: encoder, decoder and attention.

Taught in the chapter *Beyond characters*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from rnnbook import drawings
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, drawn

#: Characters that fit beside each other.
LONGEST = 30


class Attention(LiveFigure):
    """The weights (T, S) of attention while ``target`` (T) is written after reading ``source`` (S).

    The trait ``at`` is the character that is being written, from 0; it can be linked to other
    widgets.

    Raises :class:`ValueError` for texts that are empty or longer than 30 characters, or for
    weights of another shape, and :class:`traitlets.TraitError` for a character that is not there.
    """

    _esm = assets.module("attention")
    _css = assets.style()
    _widget = "attention"
    _shared = ("at", "_source", "_target", "_looks", "_drawing")

    at = traitlets.Int(0).tag(sync=True)
    _source = traitlets.Unicode().tag(sync=True)
    _target = traitlets.Unicode().tag(sync=True)
    _looks: traitlets.List[list[float]] = traitlets.List().tag(sync=True)
    _drawing = traitlets.Unicode().tag(sync=True)

    def __init__(self, source: str, target: str, weights: ArrayLike, *, at: int = 0):
        looks = np.asarray(weights, dtype=float)
        if not 1 <= min(len(source), len(target)) <= max(len(source), len(target)) <= LONGEST:
            raise ValueError(f"the figure shows 1 to {LONGEST} characters read and as many written")
        if looks.shape != (len(target), len(source)):
            raise ValueError(
                f"the weights must have the shape {(len(target), len(source))}, "
                f"not {looks.shape}: a row for each character written"
            )
        super().__init__(
            _source=source,
            _target=target,
            _looks=[[round(float(weight), 3) for weight in row] for row in looks],
            _drawing=drawings.encoder_decoder(source, target).svg(live=True),
        )
        self.at = at

    @traitlets.validate("at")
    def _valid_at(self, proposal: Any) -> int:
        last = len(self._target) - 1
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"the characters written are 0 to {last}")
        return int(proposal["value"])

    def _still_html(self) -> str:
        return drawn(drawings.encoder_decoder(self._source, self._target), self._still())

    def _still(self) -> str:
        best = [self._source[int(np.argmax(row))] for row in self._looks]
        pairs = zip(self._target, best, strict=True)
        return " ".join(f"While it writes {written}: most on {read}." for written, read in pairs)
