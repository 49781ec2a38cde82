"""The chain rule, step by step: numbers forward, slopes backward, and two ways that add up.

Taught in the chapter *Learning through time*.
"""

from __future__ import annotations

import math
from typing import Any

import traitlets

from rnnbook import drawings
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, drawn

#: Five steps forward, six back; 0 is before the first.
STEPS = 11
_LARGEST = 3.0  # the slider's ends


class ChainRule(LiveFigure):
    """A network of one unit that takes two steps: h1 = tanh(w h0), h2 = tanh(w h1).

    The loss is (1 - h2)² / 2. The traits ``w`` and ``step`` can be linked to other widgets: at
    step 5 the loss is known, at step 11 its slope at ``w``.

    Raises :class:`traitlets.TraitError` for a step that is not there, or a weight beyond 3.
    """

    _esm = assets.module("chain_rule")
    _css = assets.style()
    _widget = "chain_rule"
    _shared = ("w", "h0", "step", "_drawing")

    w = traitlets.Float(1.2).tag(sync=True)
    h0 = traitlets.Float(0.5).tag(sync=True)
    step = traitlets.Int(STEPS).tag(sync=True)
    _drawing = traitlets.Unicode().tag(sync=True)

    def __init__(self, w: float = 1.2, *, h0: float = 0.5, step: int = STEPS):
        super().__init__(_drawing=drawings.chain_rule().svg(live=True), h0=h0)
        self.w, self.step = w, step

    @traitlets.validate("step")
    def _valid_step(self, proposal: Any) -> int:
        if not 0 <= proposal["value"] <= STEPS:
            raise traitlets.TraitError(f"the steps are 0 to {STEPS}, not {proposal['value']}")
        return int(proposal["value"])

    @traitlets.validate("w")
    def _valid_w(self, proposal: Any) -> float:
        if not abs(proposal["value"]) <= _LARGEST:
            raise traitlets.TraitError(f"w is −3 to 3, not {proposal['value']}")
        return float(proposal["value"])

    def _still_html(self) -> str:
        return drawn(drawings.chain_rule(), self._still())

    def _still(self) -> str:
        loss, slope = slope_at(self.w, self.h0)
        return f"At w = {self.w:g} the loss is {loss:.3f}, its slope at w {slope:.3f}."


def slope_at(w: float, h0: float) -> tuple[float, float]:
    """The loss, and its slope at w: the sum over the two ways."""
    h1 = math.tanh(w * h0)
    h2 = math.tanh(w * h1)
    d_a2 = (1 - h2**2) * (h2 - 1)
    d_a1 = (1 - h1**2) * w * d_a2
    return (1 - h2) ** 2 / 2, d_a2 * h1 + d_a1 * h0
