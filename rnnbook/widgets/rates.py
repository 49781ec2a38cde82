"""The learning rate as a slider over stored trainings: how the loss falls, and where it ends.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from rnnbook import drawings
from rnnbook.drawings.rates import Curves, endings
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, drawn


class Rates(LiveFigure):
    """Trainings by learning rate, of which a reader tries one after the other.

    ``curves`` maps a rate to the losses (nats per character) of several trainings, each with its
    first loss before them, and then a value for ``every`` characters. A curve that is shorter
    than the longest is one of a training that was given up there. The trait ``at`` is the place
    of the rate that is shown, and can be linked to other widgets.

    Raises :class:`ValueError` unless there are two rates above zero, each with a training, and one
    training ends, and :class:`traitlets.TraitError` for a rate that is not there.
    """

    _esm = assets.module("rates")
    _css = assets.style()
    _widget = "rates"
    _shared = ("at", "_rates", "_ends", "_steps", "_drawings")

    at = traitlets.Int(0).tag(sync=True)
    _rates = traitlets.List(traitlets.Float()).tag(sync=True)
    # by rate: where each training ended, None for one that was given up, and after how much text
    _ends: traitlets.List[list[float | None]] = traitlets.List().tag(sync=True)
    _steps: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    _drawings = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, curves: Mapping[float, Curves], *, every: int, at: int = 0):
        rates, groups = sorted(curves), [curves[rate] for rate in sorted(curves)]
        whole = max((len(one) for group in groups for one in group), default=0)
        if len(rates) < 2 or rates[0] <= 0 or not all(groups) or whole < 2:
            raise ValueError("a slider needs two rates above zero, with a training each")
        self._groups, self._every = groups, every
        ends = [endings(group, whole) for group in groups]
        super().__init__(
            _rates=rates,
            _ends=[[None if e is None else round(e, 3) for e in row] for row in ends],
            _steps=[[every * (len(one) - 1) for one in group] for group in groups],
            _drawings=[
                drawings.falling_losses(rates, groups, every=every).svg(live=True),
                drawings.last_losses(rates, groups).svg(live=True),
            ],
        )
        self.at = at

    @traitlets.validate("at")
    def _valid_at(self, proposal: Any) -> int:
        last = len(self._rates) - 1
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"the rates are 0 to {last}, no {proposal['value']}")
        return int(proposal["value"])

    def _still_html(self) -> str:
        shown = self._rates, self._groups
        falling = drawings.falling_losses(*shown, every=self._every, only=self.at)
        last = drawings.last_losses(*shown, only=self.at)
        halves = "".join(f"<div>{drawn(one)}</div>" for one in (falling, last))
        return f'<div class="rnnbook-halves">{halves}</div>'
