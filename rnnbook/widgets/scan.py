"""Scan: the sums of a linear recurrence, one after the other and side by side.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import traitlets

from rnnbook.numpy_networks import schedules
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure

#: The figure shows at most so many places, and as many processors.
MOST = 16


class Scan(LiveFigure):
    """All h_t = a_t h_{t-1} + b_t of a short sequence, join by join, in one of four ways.

    ``factors`` are the a, ``inputs`` the b; each is repeated if the sequence is longer. The traits
    ``way`` (of :data:`rnnbook.numpy_networks.schedules.WAYS`), ``length``, ``processors`` and
    ``step`` (joins that were done, counted in turns of all processors) can be linked to other
    widgets.

    Raises :class:`traitlets.TraitError` for a way or a number that cannot be.
    """

    _esm = assets.module("scan")
    _css = assets.style()
    _widget = "scan"
    _shared = ("way", "length", "processors", "step", "factors", "inputs", "_ways")

    way = traitlets.Enum(list(schedules.WAYS), "hillis_steele").tag(sync=True)
    length = traitlets.Int(8).tag(sync=True)
    processors = traitlets.Int(4).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    factors = traitlets.List(traitlets.Float()).tag(sync=True)
    inputs = traitlets.List(traitlets.Float()).tag(sync=True)
    _ways = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)

    def __init__(
        self,
        factors: Sequence[float] = (0.5, 1, 0.5, 0, 1, -1, 0.5, 1),
        inputs: Sequence[float] = (4, 2, 0, 6, -2, 1, 3, 8),
        *,
        way: str = "hillis_steele",
        length: int = 8,
        processors: int = 4,
    ):
        super().__init__(
            factors=list(map(float, factors)),
            inputs=list(map(float, inputs)),
            way=way,
            length=length,
            processors=processors,
            _ways=[list(pair) for pair in schedules.WAYS.items()],
        )

    @traitlets.validate("length", "processors")
    def _valid_count(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        least = 2 if name == "length" else 1
        if not least <= value <= MOST:
            raise traitlets.TraitError(f"{name} is {least} to {MOST}, not {value}")
        return int(value)

    @traitlets.validate("step")
    def _valid_step(self, proposal: Any) -> int:
        if proposal["value"] < 0:
            raise traitlets.TraitError(f"step is at least 0, not {proposal['value']}")
        return int(proposal["value"])

    @traitlets.validate("factors", "inputs")
    def _valid_numbers(self, proposal: Any) -> list[float]:
        numbers = proposal["value"]
        if not 1 <= len(numbers) <= MOST or not all(map(math.isfinite, numbers)):
            raise traitlets.TraitError(
                f"{proposal['trait'].name} are 1 to {MOST} numbers, each finite"
            )
        return list(numbers)

    def _still(self) -> str:
        factors, inputs = (
            [numbers[t % len(numbers)] for t in range(self.length)]
            for numbers in (self.factors, self.inputs)
        )
        states, h = [], 0.0
        for a, b in zip(factors, inputs, strict=True):
            h = a * h + b
            states.append(h)
        named = {"t": range(1, self.length + 1), "a": factors, "b": inputs, "h": states}
        lines = ["h_t = a_t h_(t-1) + b_t, from h_0 = 0", ""]
        for name, numbers in named.items():
            lines.append(f"{name} " + " ".join(f"{number:6.4g}" for number in numbers))
        lines += ["", f"{'':30} joins  rounds  turns on {self.processors} processors"]
        for way, said in schedules.WAYS.items():
            found = schedules.rounds(way, self.length, self.processors)
            cost = schedules.cost(found)
            counts = cost.work, cost.depth, cost.steps(self.processors)
            lines.append(f"{said:30} {counts[0]:5} {counts[1]:7} {counts[2]:5}")
        return "\n".join(lines)
