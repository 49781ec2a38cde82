"""Drawings: a network's parts as boxes, belts and arrows, in one hand.

Drawings are SVG written by the package itself, from :data:`rnnbook.theme.SIGNALS`; the live
figures fill some of them with numbers.

Used in the chapters *Counting*, *A network with memory*, *Learning through time*,
*Sampling and temperature*, *Long memory*, *Training for real* and *Beyond characters*.
"""

from __future__ import annotations

from rnnbook.drawings.canvas import Drawing
from rnnbook.drawings.cells import GRU_STAGES, LSTM_STAGES, gru, lstm
from rnnbook.drawings.graph import chain_rule
from rnnbook.drawings.levels import levels
from rnnbook.drawings.page import figure_html, show
from rnnbook.drawings.rates import falling_losses, last_losses
from rnnbook.drawings.surprises import surprises
from rnnbook.drawings.translation import encoder_decoder
from rnnbook.drawings.unrolled import Word, loop_and_steps, there_and_back

__all__ = [
    "GRU_STAGES", "LSTM_STAGES", "Drawing", "Word", "chain_rule", "encoder_decoder",
    "falling_losses", "figure_html", "gru", "last_losses", "levels", "loop_and_steps", "lstm",
    "show", "surprises", "there_and_back",
]  # fmt: skip
