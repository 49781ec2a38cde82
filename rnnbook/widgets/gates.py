"""The gates of one unit over a text.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
from typing import Any

import traitlets

from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets
from rnnbook.widgets.figure import ReadingFigure, load, quantities, values_of

#: The figure reads at most so many characters.
LONGEST = 400


class Gates(ReadingFigure):
    """One unit over a text: its gates, its cell and its hidden state, one strip each.

    ``model`` is as for :class:`Sampler`. The traits ``text``, ``unit`` and ``layer``
    (from 0) can be linked to other widgets.

    Raises as :class:`Reader` does; the text has at most 400 characters.
    """

    _esm = assets.module("gates")
    _css = assets.style()
    _widget = "gates"
    _longest = LONGEST
    _shared = ("name", "text", "unit", "layer", "_kind", "_units", "_layers", "_strips")

    unit = traitlets.Int(0).tag(sync=True)
    # a quantity: its values (T,)
    _strips: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        text: str = "",
        *,
        unit: int = 0,
        layer: int = 0,
    ):
        checkpoint = load(model)
        super().__init__(model, checkpoint, text)
        self.unit, self.layer = unit, layer
        trace = checkpoint.model().trace(text)
        self._strips = {
            name: [round(float(value), 2) for value in values_of(trace, name, layer)[:, unit]]
            for name in quantities(self._kind)
        }

    @traitlets.validate("unit")
    def _valid_unit(self, proposal: Any) -> int:
        return self._number("unit", proposal["value"])
