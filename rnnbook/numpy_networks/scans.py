"""Scans: h_t = a_t h_{t-1} + b_t for all t, one after the other or side by side.

Arrays are (T, ...), time first, real or complex; every number has a recurrence of its own. A pair
(a, b) stands for the map h -> a h + b. Two maps, one after the other, are such a map again
(:func:`compose`), and composing is associative: so the maps may be joined in any grouping, and
groups that do not need each other at the same time. ``h0`` enters as a pair before the first.

All give the same numbers, but for the order in which they round. :func:`cost` counts what they do.

Sources: Hillis and Steele (1986); Blelloch (1990), *Prefix sums and their applications*; the
logarithms from Heinsen (2023), arXiv 2311.06281.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # real or complex
Pair = tuple[Array, Array]
#: ``note(pairs)``: so many pairs are composed at the same time now.
Note = Callable[[int], None]


def compose(earlier: Pair, later: Pair) -> Pair:
    """One map after another: (a_j a_i, a_j b_i + b_j), where i is the earlier."""
    (a_i, b_i), (a_j, b_j) = earlier, later
    return a_j * a_i, a_j * b_i + b_j


def sequential(a: Array, b: Array, h0: Array | None = None, note: Note | None = None) -> Array:
    """All states (T, ...), one after the other: T - 1 compositions, or T with an ``h0``."""
    a, b = np.broadcast_arrays(a, b)
    h = np.empty(b.shape, _dtype(a, b, h0))
    for t in range(len(b)):
        before = h[t - 1] if t else h0
        h[t] = b[t] if before is None else a[t] * before + b[t]
        if before is not None and note:
            note(1)
    return h


def hillis_steele(a: Array, b: Array, h0: Array | None = None, note: Note | None = None) -> Array:
    """In each round, every map takes in the one 1, 2, 4, ... places before it.

    log2 T rounds, and T log2 T compositions in all.
    """
    a, b = _with_first(a, b, h0)
    distance = 1
    while distance < len(b):
        a_new, b_new = a.copy(), b.copy()
        earlier, later = (a[:-distance], b[:-distance]), (a[distance:], b[distance:])
        a_new[distance:], b_new[distance:] = compose(earlier, later)
        _tell(note, len(b) - distance)
        a, b, distance = a_new, b_new, 2 * distance
    return b if h0 is None else b[1:]


def blelloch(a: Array, b: Array, h0: Array | None = None, note: Note | None = None) -> Array:
    """Up a tree of pairs, and down again: 2 log2 T rounds and one, and 3 T compositions.

    What comes down to a place is all that was before it; so the last round adds the place's own.
    """
    own_a, own_b = _with_first(a, b, h0)
    length, size = len(own_b), 1 << max(0, len(own_b) - 1).bit_length()
    fill = [(0, size - length)] + [(0, 0)] * (own_b.ndim - 1)
    a, b = np.pad(own_a, fill, constant_values=1), np.pad(own_b, fill)  # (1, 0) changes nothing
    gap = 1
    while gap < size:  # up: the right one of two takes in the left one
        left, right = slice(gap - 1, None, 2 * gap), slice(2 * gap - 1, None, 2 * gap)
        a[right], b[right] = compose((a[left], b[left]), (a[right], b[right]))
        _tell(note, len(b[right]))
        gap *= 2
    if size:
        a[-1:], b[-1:] = 1, 0  # nothing is before the whole
    while gap > 1:  # down: left gets what is before both, right takes in left as well
        gap //= 2
        left, right = slice(gap - 1, None, 2 * gap), slice(2 * gap - 1, None, 2 * gap)
        before, of_left = (a[right].copy(), b[right].copy()), (a[left].copy(), b[left].copy())
        a[left], b[left] = before
        a[right], b[right] = compose(before, of_left)
        _tell(note, len(b[right]))
    _, h = compose((a[:length], b[:length]), (own_a, own_b))
    _tell(note, length)
    return h if h0 is None else h[1:]


def chunked(
    a: Array,
    b: Array,
    h0: Array | None = None,
    note: Note | None = None,
    *,
    chunk: int | None = None,
    order: Sequence[int] | None = None,
) -> Array:
    """In chunks of ``chunk`` steps: side by side within, one after the other from chunk to chunk.

    By default a chunk has about sqrt(T) steps. Within a chunk every map takes in all before it;
    then one number a chunk is handed on, and each state gets its share of it. The chunks need not
    wait for each other: ``order`` is one to take them in, and changes nothing.
    """
    a, b = _with_first(a, b, h0)
    length, size = len(b), chunk or max(1, math.isqrt(len(b)))
    starts = range(0, length, size)
    if order is None:
        a, b = _side_by_side(a, b, size, note)
    else:
        a, b = a.copy(), b.copy()
        for start in (starts[index] for index in order):
            part = slice(start, start + size)
            a[part], b[part] = _side_by_side(a[part], b[part], size, note)
    for start in starts[1:]:
        part = slice(start, start + size)
        _, b[part] = compose((a[start - 1], b[start - 1]), (a[part], b[part]))
        _tell(note, 1)  # that the next chunk waits for
    _tell(note, sum(min(size, length - start) - 1 for start in starts[1:]))
    return b if h0 is None else b[1:]


def _side_by_side(a: Array, b: Array, size: int, note: Note | None) -> Pair:
    """The maps of every chunk of ``size``, each after those before it in its chunk."""
    length, count = len(b), -(-len(b) // size)
    fill = [(0, count * size - length)] + [(0, 0)] * (b.ndim - 1)
    a = np.pad(a, fill, constant_values=1).reshape(count, size, *a.shape[1:])
    b = np.pad(b, fill).reshape(count, size, *b.shape[1:])
    for t in range(1, size if count else 1):
        a[:, t], b[:, t] = compose((a[:, t - 1], b[:, t - 1]), (a[:, t], b[:, t]))
        _tell(note, len(range(t, length, size)))
    return a.reshape(-1, *a.shape[2:])[:length], b.reshape(-1, *b.shape[2:])[:length]


SCANS: dict[str, Callable[..., Array]] = {
    "sequential": sequential,
    "hillis_steele": hillis_steele,
    "blelloch": blelloch,
    "chunked": chunked,
}


@dataclass(frozen=True)
class Cost:
    """What a scan does: the pairs that are composed at the same time, round after round."""

    rounds: tuple[int, ...]

    @property
    def depth(self) -> int:
        """Rounds: what it takes with as many processors as there is work for."""
        return len(self.rounds)

    @property
    def work(self) -> int:
        """Compositions in all: what it takes with one processor."""
        return sum(self.rounds)

    def steps(self, processors: int) -> int:
        """What it takes with so many processors, each composing one pair a step."""
        return sum(-(-pairs // processors) for pairs in self.rounds)


def cost(name: str, length: int, **settings: Any) -> Cost:
    """What the scan of this name does with ``length`` pairs, counted while it does it."""
    rounds: list[int] = []
    SCANS[name](np.ones(length), np.ones(length), note=rounds.append, **settings)
    return Cost(tuple(pairs for pairs in rounds if pairs))


def gradients(
    a: Array, h: Array, d_h: Array, h0: Array | None = None, scan: Callable[..., Array] = sequential
) -> tuple[Array, Array, Array]:
    """The gradients of real a, b (T, ...) and h0, given those of the states, ``d_h``.

    What flows back is a scan from the end: d_b_t = d_h_t + a_{t+1} d_b_{t+1}, and
    d_a_t = d_b_t h_{t-1}.
    """
    a = np.broadcast_to(a, h.shape)
    after = np.concatenate([a[1:], np.zeros_like(a[:1])])
    d_b = scan(after[::-1], d_h[::-1])[::-1]
    first = np.zeros_like(h[:1]) if h0 is None else np.asarray(h0)[None]
    return d_b * np.concatenate([first, h[:-1]]), d_b, a[0] * d_b[0]


def _with_first(a: Array, b: Array, h0: Array | None) -> Pair:
    """The pairs in one type, with (1, h0) before them if there is an h0."""
    a, b = np.broadcast_arrays(a, b)
    dtype = _dtype(a, b, h0)
    a, b = a.astype(dtype), b.astype(dtype)
    if h0 is None:
        return a, b
    first = np.broadcast_to(np.asarray(h0, dtype), b.shape[1:])[None]
    return np.concatenate([np.ones_like(first), a]), np.concatenate([first, b])


def _dtype(*arrays: Array | None) -> Any:
    return np.result_type(*(array for array in arrays if array is not None))


def _tell(note: Note | None, pairs: int) -> None:
    if note:
        note(pairs)
