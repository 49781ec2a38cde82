"""What gates leave: the factor by which each step multiplies a memory, and what that adds up to.

A gated memory goes m_t = a_t m_{t-1} + (what is written). So of what was written after character
t, the product a_{t+1} ... a_T is left at T, whatever else the network does.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError

Array = NDArray[np.floating]
Values = Mapping[str, Array]

#: A kind of network: its factor a_t, from the gates that a trace holds by name. A linear
#: recurrence has one of the name ``a``.
FACTORS: dict[str, Callable[[Values], Array]] = {
    "lstm": lambda gates: gates["f"],
    "gru": lambda gates: gates["z"],
}


def factors(kind: str, gates: Values) -> Array:
    """The factors a_t of every unit, in the shape of the gates.

    In a GRU, the state reaches the next one through its candidate too; what the factor leaves is
    then the straight way alone.

    Raises :class:`TextError` for a kind whose memory is not multiplied by a gate.
    """
    if "a" in gates:
        return gates["a"]
    if kind not in FACTORS:
        raise TextError(
            f"a network of the kind {kind} has no factor of its memory; "
            f"take one of {', '.join(FACTORS)}"
        )
    return FACTORS[kind](gates)


def left(a: Array) -> NDArray[np.float64]:
    """What is left at the end of what was written at each place: (T, ...) for factors (T, ...).

    The last place has 1: nothing came after it.
    """
    after = np.ones(np.shape(a))
    after[:-1] = np.cumprod(np.asarray(a, np.float64)[:0:-1], axis=0)[::-1]
    return after


def reach(a: Array, share: float = 0.5) -> int | None:
    """How many characters back less than ``share`` is left, for factors (T,); None if nowhere."""
    below = np.flatnonzero(left(a)[::-1] < share)
    return int(below[0]) if len(below) else None
