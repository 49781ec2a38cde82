"""min-char-rnn, trained in the page.

Taught in the chapter *min-char-rnn, whole*.
"""

from __future__ import annotations

from typing import Any

import traitlets

from rnnbook.errors import TextError
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure

#: The figure learns at most so many characters.
LONGEST = 50_000
_RANGES = {"learning_rate": (1e-3, 10.0), "hidden_size": (1, 400), "seq_len": (1, 200)}


class Trainer(LiveFigure):
    """Train a small recurrent network on a text, in the reader's browser.

    The published program: one sequence at a time, Adagrad, gradients clipped at 5. The
    traits ``text``, ``learning_rate``, ``hidden_size`` and ``seq_len`` can be linked to
    other widgets; a new size or text begins anew.

    Raises :class:`TextError` for a text of fewer than 50 or more than 50,000
    characters, and :class:`traitlets.TraitError` for a setting out of range.
    """

    _esm = assets.module("trainer")
    _css = assets.style()
    _widget = "trainer"
    _shared = ("text", "learning_rate", "hidden_size", "seq_len", "_sample")

    learning_rate = traitlets.Float(0.1).tag(sync=True)
    hidden_size = traitlets.Int(50).tag(sync=True)
    seq_len = traitlets.Int(25).tag(sync=True)
    _sample = traitlets.Unicode("What the network writes will stand here.").tag(sync=True)

    def __init__(
        self,
        text: str,
        *,
        learning_rate: float = 0.1,
        hidden_size: int = 50,
        seq_len: int = 25,
    ):
        super().__init__()
        self.text, self.learning_rate = text, learning_rate
        self.hidden_size, self.seq_len = hidden_size, seq_len

    @traitlets.validate("text")
    def _valid_text(self, proposal: Any) -> str:
        if not 50 <= len(proposal["value"]) <= LONGEST:
            raise TextError(
                f"the figure learns 50 to {LONGEST:,} characters, not {len(proposal['value']):,}"
            )
        return str(proposal["value"])

    @traitlets.validate(*_RANGES)
    def _valid_setting(self, proposal: Any) -> float:
        name = proposal["trait"].name
        least, most = _RANGES[name]
        if not least <= proposal["value"] <= most:
            raise traitlets.TraitError(f"{name} is {least:g} to {most:g}, not {proposal['value']}")
        return proposal["value"]
