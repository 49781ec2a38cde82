"""The "hello" network, unrolled.

Taught in the chapters *A network with memory* and *Learning through time*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from rnnbook import hello
from rnnbook.drawings import Drawing, Word
from rnnbook.language_model import softmax
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, drawn


class Unroll(LiveFigure):
    """The post's network of three units, step by step: forward, backward, and an update.

    The weights are those of :func:`rnnbook.hello.weights`. The trait ``step`` can be
    linked to other widgets: 0 is before the first character, 4 after the last, 8 when
    the gradient has come back to the first. Without ``backward`` the figure ends at 4.

    Raises :class:`traitlets.TraitError` for a step that is not there.
    """

    _esm = assets.module("unroll")
    _css = assets.style()
    _widget = "unroll"
    _shared = ("step", "backward", "_vocab", "_word", "_weights_of", "_drawing")

    step = traitlets.Int(0).tag(sync=True)
    backward = traitlets.Bool(True).tag(sync=True)
    _vocab = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _word = traitlets.Unicode().tag(sync=True)
    _weights_of: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)
    _drawing = traitlets.Unicode().tag(sync=True)

    def __init__(self, step: int = 4, *, backward: bool = True):
        super().__init__(
            backward=backward,
            _vocab=list(hello.CHARS),
            _word=hello.WORD,
            _weights_of={name: array.ravel().tolist() for name, array in hello.weights().items()},
            _drawing=_read().svg(live=True),
        )
        self.step = step

    @traitlets.validate("step")
    def _valid_step(self, proposal: Any) -> int:
        last = (len(hello.WORD) - 1) * (2 if self.backward else 1)
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"the steps are 0 to {last}, not {proposal['value']}")
        return int(proposal["value"])

    def _still_html(self) -> str:
        return drawn(_read())


def _read() -> Drawing:
    """The word as the network reads it before it has learnt anything."""
    probs = softmax(np.asarray(hello.LOGITS))
    word = Word(hello.WORD, hello.CHARS, hello.HIDDEN, hello.LOGITS, probs)
    return word.drawing(live=True)
