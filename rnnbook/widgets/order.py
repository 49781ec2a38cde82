"""An n-gram's order as a slider: what it writes and how it guesses, with two smoothings.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import traitlets

from rnnbook import drawings
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, drawn


class Order(LiveFigure):
    """Texts and losses (nats per character) by smoothing, for the orders 0, 1, 2 and so on.

    ``baselines`` are losses that stand as level lines. The trait ``order`` can be linked to
    other widgets.

    Raises :class:`ValueError` unless there are as many texts as losses, two or more and as many
    for each smoothing, and :class:`traitlets.TraitError` for an order that is not there.
    """

    _esm = assets.module("order")
    _css = assets.style()
    _widget = "order"
    _shared = ("order", "_texts", "_losses", "_drawing")

    order = traitlets.Int(0).tag(sync=True)
    _texts: traitlets.Dict[str, list[str]] = traitlets.Dict().tag(sync=True)
    _losses: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)
    _drawing = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        texts: Mapping[str, Sequence[str]],
        losses: Mapping[str, Sequence[float]],
        *,
        baselines: Mapping[str, float] | None = None,
        order: int = 3,
    ):
        counts = {len(values) for values in (*texts.values(), *losses.values())}
        if list(texts) != list(losses) or len(counts) != 1 or min(counts) < 2:
            raise ValueError("each smoothing needs a text and a loss for every order, from 0")
        self._curves = drawings.levels(losses, baselines, xlabel="order")
        super().__init__(
            _texts={name: list(written) for name, written in texts.items()},
            _losses={name: [round(v, 4) for v in found] for name, found in losses.items()},
            _drawing=self._curves.svg(live=True),
        )
        self.order = order

    @traitlets.validate("order")
    def _valid_order(self, proposal: Any) -> int:
        last = min(map(len, self._texts.values())) - 1
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"the orders are 0 to {last}, not {proposal['value']}")
        return int(proposal["value"])

    def _still_html(self) -> str:
        texts = "".join(
            f'<pre class="rnnbook-text">{escape(written[self.order])}</pre>'
            for written in self._texts.values()
        )
        return f'{drawn(self._curves)}<div class="rnnbook-halves">{texts}</div>'
