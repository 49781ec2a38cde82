"""How saturated gates are: below .1 they are shut, above .9 open, and learn little there.

Source: Karpathy, Johnson and Fei-Fei (2015), arXiv 1506.02078, section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import Trace

LOW, HIGH = 0.1, 0.9
_SIGMOIDS = ("i", "f", "o", "r", "z")  # the other blocks, g and n, are no gates


@dataclass(frozen=True)
class Saturation:
    """For every layer and unit (L, H), the share of a text that its gate spends shut and open."""

    below: NDArray[np.float64]
    above: NDArray[np.float64]

    def mostly_below(self, layer: int, most: float = 0.5) -> float:
        """The share of a layer's units that are shut more than ``most`` of the time."""
        return float((self.below[layer] > most).mean())

    def mostly_above(self, layer: int, most: float = 0.5) -> float:
        """The share of a layer's units that are open more than ``most`` of the time."""
        return float((self.above[layer] > most).mean())


def saturation(trace: Trace) -> dict[str, Saturation]:
    """How saturated each gate of a trace is, by the gate's name: i, f, o, or r, z.

    Raises :class:`TextError` for a network that has no gates.
    """
    found = {
        name: Saturation((array < LOW).mean(axis=1), (array > HIGH).mean(axis=1))
        for name, array in trace.gates.items()
        if name in _SIGMOIDS
    }
    if not found:
        raise TextError("a plain RNN has no gates; trace an LSTM or a GRU")
    return found
