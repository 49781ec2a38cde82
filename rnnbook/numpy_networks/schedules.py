"""Which pairs a scan joins, round by round: what it costs in work, in depth and in time.

A scan finds all h_t = a_t h_{t-1} + b_t of a sequence. It holds a pair (a, b) at every place, and
its one act is a join: what stands at a later place takes in what stands at an earlier one, until
every place has taken in all places before it. The ways to do that differ in which pairs are joined
when. Joins of one round need nothing of each other.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rnnbook.numpy_networks.scans import Cost

#: A join: the place that is taken in, and the later place that takes it in; both from 0.
Join = tuple[int, int]
#: The ways to scan, by the names that a reader meets.
WAYS = {
    "sequential": "one after the other",
    "hillis_steele": "Hillis and Steele",
    "blelloch": "Blelloch, up and down a tree",
    "chunked": "in pieces, one a processor",
}


def rounds(way: str, length: int, processors: int = 1) -> list[list[Join]]:
    """The joins of each round. ``processors`` matters to ``"chunked"`` only: a piece for each.

    Raises :class:`ValueError` for a way that is none of :data:`WAYS`, or a number below 1.

    Sources: Hillis and Steele (1986); Blelloch (1990), here with the place itself included in
    its sum, so that the way down has no need of a neutral pair.
    """
    if way not in WAYS:
        raise ValueError(f"a scan goes {', '.join(WAYS)}, not {way!r}")
    if min(length, processors) < 1:
        raise ValueError("a scan has at least one place and one processor")
    if way == "sequential":
        found = [[(t - 1, t)] for t in range(1, length)]
    elif way == "hillis_steele":
        found = [[(t - gap, t) for t in range(gap, length)] for gap in _powers(length)]
    elif way == "blelloch":
        gaps = _powers(length)
        up = [[(t - gap, t) for t in range(2 * gap - 1, length, 2 * gap)] for gap in gaps]
        down = [[(t - gap, t) for t in range(3 * gap - 1, length, 2 * gap)] for gap in gaps[::-1]]
        found = up + down
    else:
        found = _chunked(length, processors)
    return [joins for joins in found if joins]


def cost(found: Sequence[Sequence[Join]]) -> Cost:
    """What some rounds take: joins in all, rounds, and turns of so many processors."""
    return Cost(tuple(map(len, found)))


def _powers(length: int) -> list[int]:
    """1, 2, 4, ... below the length."""
    return [1 << k for k in range(max(0, length - 1).bit_length())]


def _chunked(length: int, processors: int) -> list[list[Join]]:
    """Each piece by itself, then the ends of the pieces, then all that stands between them."""
    size = -(-length // processors)
    pieces = [range(start, min(start + size, length)) for start in range(0, length, size)]
    inside = [
        [(piece[k - 1], piece[k]) for piece in pieces if k < len(piece)] for k in range(1, size)
    ]
    ends = [[(before[-1], piece[-1])] for before, piece in pairwise(pieces)]
    rest = [(piece[0] - 1, t) for piece in pieces[1:] for t in piece[:-1]]
    return [*inside, *ends, rest]
