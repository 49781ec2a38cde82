"""How much of a text is copied: the longest copy, and what never stood in the source.

A string of n characters is looked for by a rolling hash: with ``x_i`` a scrambled
character and an odd base ``b``,

    S_i = sum_{j < i} x_j b^j,    hash of characters i to i + n - 1 = (S_{i+n} - S_i) b^{-i}

modulo 2^64, where every odd number has an inverse. So all strings of one length cost a
few passes over the source, whatever their length.
Source: Karp and Rabin (1987), IBM Journal of Research and Development 31(2).

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)
_SCRAMBLE = 0xBF58476D1CE4E5B9
_CHUNK = 2**18  # strings of the source that are hashed at a time
_TABLE_BITS = 20
_FIRST_GUESS = 16  # how long a copy may well be
_NONE = np.zeros(0, dtype=np.uint64)


def longest_copy(texts: str | Sequence[str], source: str) -> str:
    """The longest string that stands both in one of the texts and in the source.

    The first of them, if several are as long; empty if there is none. What is returned was
    compared character by character.
    """
    pieces = _pieces(texts)
    best, too_long = "", max(map(len, pieces), default=0) + 1
    length = min(_FIRST_GUESS, too_long - 1)
    while len(best) + 1 < too_long:
        found = _first_copy(pieces, source, length)
        if found is None:
            too_long = length
        else:
            best = found
        length = (len(best) + too_long) // 2
        if best:
            length = min(length, 2 * len(best))
    return best


def novel_ngrams(texts: str | Sequence[str], source: str, n: int) -> float:
    """The share of the texts' strings of n characters that the source lacks; NaN without any.

    Strings are compared by their hashes: about one comparison in 10^19 may be wrong.
    """
    ours = _all_hashes(_pieces(texts), n)
    return float(1 - _occurring(ours, source, n).mean()) if len(ours) else math.nan


def novel_items(items: Iterable[str], known: Collection[str]) -> float:
    """The share of the items, such as names, that are not among the known; NaN without any."""
    known = known if isinstance(known, (set, frozenset)) else set(known)
    found = [item not in known for item in items]
    return sum(found) / len(found) if found else math.nan


def _pieces(texts: str | Sequence[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def _first_copy(pieces: list[str], source: str, length: int) -> str | None:
    """The first string of that length in a piece that the source holds too."""
    places = [(piece, at) for piece in pieces for at in range(len(piece) - length + 1)]
    for hit in np.flatnonzero(_occurring(_all_hashes(pieces, length), source, length)):
        piece, at = places[hit]
        if (copy := piece[at : at + length]) in source:
            return copy
    return None


def _all_hashes(pieces: list[str], n: int) -> Hashes:
    """The hashes of the pieces' strings of n characters, one piece after the other."""
    return np.concatenate([_NONE, *(_hashes(_points(piece), n) for piece in pieces)])


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _hashes(points: NDArray[np.uint32], n: int) -> Hashes:
    """The hash of every string of n characters (N - n + 1,), or none at all."""
    if n < 1 or len(points) < n:
        return _NONE
    scrambled = (points.astype(np.uint64) + np.uint64(1)) * np.uint64(_SCRAMBLE)
    scrambled ^= scrambled >> np.uint64(29)
    sums = np.zeros(len(points) + 1, dtype=np.uint64)  # S
    np.cumsum(scrambled * _powers(_BASE, len(points)), out=sums[1:])
    return (sums[n:] - sums[:-n]) * _powers(_INVERSE, len(points) - n + 1)


@lru_cache(maxsize=8)
def _powers(base: int, count: int) -> Hashes:
    """1, b, b^2, ... (count,), modulo 2^64."""
    powers = np.full(count, base, dtype=np.uint64)
    powers[0] = 1
    powers = np.cumprod(powers, dtype=np.uint64)
    powers.flags.writeable = False  # it is kept
    return powers


def _occurring(ours: Hashes, source: str, n: int) -> NDArray[np.bool_]:
    """Which of the hashes (N,) are those of a string of n characters of the source."""
    shift = np.uint64(64 - _TABLE_BITS)
    table = np.zeros(2**_TABLE_BITS, dtype=bool)  # rules most of the source out at once
    table[ours >> shift] = True
    found, points = [_NONE], _points(source)
    for start in range(0, len(points) - n + 1, _CHUNK):
        theirs = _hashes(points[start : start + _CHUNK + n - 1], n)
        found.append(theirs[table[theirs >> shift]])
    return np.isin(ours, np.concatenate(found))
