"""Sorted suffixes: how often any string of a text occurred, and what came after it.

All occurrences of a string begin suffixes of the text that stand side by side when the
suffixes are sorted (Manber and Myers 1993, *Suffix arrays*, SIAM Journal on Computing
22(5)). So one array of rows holds the counts of every order at once. Here the suffixes are
sorted by their first ``order`` characters only, which is all that an n-gram asks for.

The strings of length ``k`` are numbered in sorted order, and called nodes; node ``j`` spans
the rows ``starts(k)[j]`` to ``starts(k)[j + 1] - 1``. The strings that go on from it by one
character lie side by side among the nodes of length ``k + 1``.

Memory: the symbols take a byte a character (two, above 255 different ones), the rows four,
what neighbours share one, and the starts four bytes a node. Sorting takes one group of
suffixes at a time, so that it needs little more, shows how far it is, and can be stopped.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rnnbook.errors import TextError
from rnnbook.text import Ids

_GROUPS = 32  # that many groups of suffixes, or more, are sorted one after another
_CHUNK = 1 << 16  # positions of another text that are looked up at a time
_SCAN = 1 << 20  # rows that are scanned at a time
_BYTES = 15  # a character, as a rule, where there are less than 256 symbols

Array = NDArray[np.integer]
Keys = list[NDArray[np.uint64]]


@dataclass(frozen=True)
class Found:
    """Where the strings of another text of N characters stand among the sorted suffixes.

    For every position of it, in nearly sorted order: the row whose suffix has the most
    characters in common with what begins there, and how many.
    """

    positions: Array  # (N,)
    rows: Array  # (N,)
    matched: Array  # (N,), at most ``order``


@dataclass(frozen=True)
class Contexts:
    """Contexts ``u`` that occurred, each before one character ``c`` of another text."""

    at: Array  # (M,) where in the other text the character c stands
    first: Array  # (M,) the nodes from first to last - 1 are the strings u + any character
    last: Array  # (M,)
    followed: Array  # (M,) n(u): how often u was followed by anything
    string: Array  # (M,) the node of uc, or -1 if it never occurred


class Symbols:
    """Symbols ids + 1, with zeros after the end, and words of 8 bytes from any position on.

    The bytes are big-endian, so words compare as strings do.
    """

    def __init__(self, ids: Ids, num_symbols: int, order: int):
        name = "u1" if num_symbols < 1 << 8 else ">u2" if num_symbols < 1 << 16 else ">u4"
        self.array: Array = np.zeros(len(ids) + order + 8, dtype=name)
        for start in range(0, len(ids), _SCAN):
            part = slice(start, min(start + _SCAN, len(ids)))
            self.array[part] = ids[part] + 1
        width = self.array.itemsize
        self.in_a_word = 8 // width
        count = len(self.array) - self.in_a_word + 1
        self._words = np.ndarray((count,), ">u8", self.array.data, strides=(width,))

    def words(self, positions: Array, length: int) -> Keys:
        """``length`` or more symbols from each position on; for each word an array."""
        offsets = range(0, length, self.in_a_word)
        return [self._words[positions + offset].astype(np.uint64) for offset in offsets]

    def keys(self, positions: Array, length: int) -> Keys:
        """Exactly ``length`` symbols from each position on; the rest of the last word is 0."""
        words = self.words(positions, length)
        if length % self.in_a_word:
            rest = (self.in_a_word - length % self.in_a_word) * 8 * self.array.itemsize
            words[-1] &= np.uint64((1 << 64) - (1 << rest))
        return words

    def common(self, some: Keys, others: Keys) -> Array:
        """How many leading symbols two lists of words share."""
        bits, shared = 8 * self.array.itemsize, np.zeros(len(some[0]), dtype=np.int32)
        equal = np.ones(len(shared), dtype=bool)
        for one, other in zip(some, others, strict=True):
            different = one ^ other
            for symbol in range(1, self.in_a_word + 1):
                shared += equal & (different < np.uint64(1 << (64 - bits * symbol)))
            equal &= different == 0
        return shared


class Suffixes:
    """The suffixes of ids (N,), sorted by their first ``order`` characters.

    Raises :class:`TextError` if there is not enough memory for them.
    """

    def __init__(self, ids: Ids, num_symbols: int, order: int, *, progress: bool = False):
        self.num_symbols, self.order, self.length = num_symbols, order, len(ids)
        self._starts: dict[int, Array] = {}
        try:
            self.symbols = Symbols(ids, num_symbols, order)
            self.rows: Array = np.empty(len(ids), np.int32 if len(ids) < 1 << 31 else np.int64)
            self._shared: Array = np.empty(len(ids), np.uint8 if order < 1 << 8 else np.int32)
            self._sort(progress)
        except MemoryError as error:
            raise TextError(
                f"counting {self.length:,} characters takes about {_BYTES * self.length / 1e9:.1f} "
                "GB of memory, which is not there; count less text, or none with --no-ngram"
            ) from error
        self._ends = self._rows_of_ends()

    def _sort(self, progress: bool) -> None:
        done = 0
        with tqdm(
            total=self.length, desc="counting", unit=" characters", unit_scale=True, delay=1,
            leave=False, disable=None if progress else True,
        ) as bar:  # fmt: skip
            for first, last in self._groups():
                done += self._sort_group(first, last, done)
                bar.update(done - bar.n)

    def _groups(self) -> Iterator[tuple[int, int]]:
        """Ranges of first symbols, each with about that share of the text or a single symbol."""
        text, least = self.symbols.array[: self.length], self.length / _GROUPS
        counts = np.zeros(self.num_symbols + 1, dtype=np.int64)
        for start in range(0, self.length, _SCAN):
            counts += np.bincount(text[start : start + _SCAN], minlength=len(counts))
        first = waiting = 0
        for symbol, count in enumerate(counts.tolist()):
            if waiting and waiting + count > least:
                yield first, symbol
                waiting = 0
            if not waiting:
                first = symbol
            waiting += count
        yield first, len(counts)

    def _sort_group(self, first: int, last: int, done: int) -> int:
        """Sort the suffixes that begin with the symbols first to last - 1; how many."""
        text = self.symbols.array[: self.length]
        where = np.flatnonzero((text >= first) & (text < last))
        if not len(where):
            return 0
        known = int(first + 1 == last)  # of the characters: the one that all begin with
        keys = self.symbols.words(where + known, max(1, self.order - known))
        by = np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys[::-1])
        part = slice(done, done + len(where))
        self.rows[part] = where[by]
        keys = [key[by] for key in keys]
        shared = known + self.symbols.common([k[1:] for k in keys], [k[:-1] for k in keys])
        self._shared[done] = 0
        self._shared[done + 1 : part.stop] = np.minimum(shared, self.order)
        return len(where)

    def _rows_of_ends(self) -> Array:
        """For k = 0, 1, ... up to the order: the row of the last k characters, or -1."""
        ends = np.full(self.order + 1, -1, dtype=self.rows.dtype)
        for start in range(0, self.length, _SCAN):
            part = self.rows[start : start + _SCAN]
            late = np.flatnonzero(part >= self.length - self.order)
            ends[self.length - part[late]] = late + start
        return ends

    @cached_property
    def row_of(self) -> Array:
        """The row (N,) of the suffix that begins at each place."""
        row_of = np.empty_like(self.rows)
        row_of[self.rows] = np.arange(self.length, dtype=self.rows.dtype)
        return row_of

    def starts(self, length: int) -> Array:
        """The first row of every node (one more: the number of rows) of strings so long.

        A suffix that is shorter than ``length`` is a node by itself.
        """
        if length not in self._starts:
            count = np.count_nonzero(self._shared < length) if length else 1
            starts: Array = np.empty(count + 1, dtype=self.rows.dtype)
            starts[0], starts[-1], filled = 0, self.length, 0
            for start in range(0, self.length if length else 0, _SCAN):
                part = np.flatnonzero(self._shared[start : start + _SCAN] < length)
                starts[filled : filled + len(part)] = part + start
                filled += len(part)
            self._starts[length] = starts
        return self._starts[length]

    def forget_starts(self, above: int) -> None:
        """Free the memory of longer strings; they are found again when they are asked for."""
        self._starts = {k: starts for k, starts in self._starts.items() if k <= above}

    def num_strings(self, length: int) -> int:
        """How many different strings of so many characters occurred."""
        return len(self.starts(length)) - 1 - (length - 1)

    def nodes_of_rows(self, length: int) -> Array:
        """The node (N,) of strings so long that every row belongs to."""
        return np.cumsum(self._shared < length, dtype=self.rows.dtype) - 1

    def children(self, length: int, node: int) -> tuple[int, Array, Array]:
        """What followed a node of strings so long: the first node of the strings that are
        one character longer, their last characters as ids (M,), and their counts (M,)."""
        starts, longer = self.starts(length), self.starts(length + 1)
        low, high = starts[node], starts[node + 1]
        first, last = longer.searchsorted(low), longer.searchsorted(high)
        first += low <= self._ends[length] < high
        rows = longer[first : last + 1]
        ids = self.symbols.array[self.rows[rows[:-1]] + length].astype(np.int64) - 1
        return int(first), ids, np.diff(rows)

    def find(self, ids: Ids) -> Found:
        """Look up what begins at every position of ids (N,)."""
        symbols = Symbols(ids, self.num_symbols, self.order)
        positions: Array = np.empty(len(ids), dtype=np.int32 if len(ids) < 1 << 31 else np.int64)
        positions[:] = np.argsort(symbols.words(np.arange(len(ids)), 1)[0], kind="stable")
        rows = np.empty(len(ids), dtype=self.rows.dtype)
        matched: Array = np.empty(len(ids), dtype=self._shared.dtype)
        for start in range(0, len(ids), _CHUNK):
            part = slice(start, start + _CHUNK)
            keys = symbols.keys(positions[part], self.order)
            rows[part], shared = self._nearest(keys)
            matched[part] = np.minimum(shared, len(ids) - positions[part])
        return Found(positions, rows, matched)

    def _nearest(self, keys: Keys) -> tuple[Array, Array]:
        """The rows whose suffixes share most with the keys, and how many characters."""
        low = np.zeros(len(keys[0]), dtype=self.rows.dtype)
        high = np.full(len(low), self.length, dtype=self.rows.dtype)
        for _ in range(self.length.bit_length()):
            middle = low + (high - low) // 2
            found = self._keys_of(np.minimum(middle, self.length - 1))
            less, open_ = _less(found, keys), low < high
            low = np.where(open_ & less, middle + 1, low)
            high = np.where(open_ & ~less, middle, high)
        after, before = np.minimum(low, self.length - 1), np.maximum(low - 1, 0)
        common_after = self.symbols.common(self._keys_of(after), keys)
        common_before = self.symbols.common(self._keys_of(before), keys)
        rows = np.where(common_after >= common_before, after, before)
        return rows, np.minimum(np.maximum(common_after, common_before), self.order)

    def _keys_of(self, rows: Array) -> Keys:
        return self.symbols.keys(self.rows[rows], self.order)

    def contexts(self, found: Found, length: int) -> Iterator[Contexts]:
        """Part by part, the contexts of so many characters that occurred."""
        starts, longer = self.starts(length), self.starts(length + 1)
        end, total = self._ends[length], len(found.positions)
        for start in range(0, total, _CHUNK):
            part = slice(start, start + _CHUNK)
            kept = (found.matched[part] >= length) & (found.positions[part] + length < total)
            rows, matched = found.rows[part][kept], found.matched[part][kept]
            nodes = starts.searchsorted(rows, "right") - 1
            low, high = starts[nodes], starts[nodes + 1]
            ended = (low <= end) & (end < high)
            strings = longer.searchsorted(rows, "right") - 1
            yield Contexts(
                at=found.positions[part][kept] + length,
                first=longer.searchsorted(low) + ended,
                last=longer.searchsorted(high),
                followed=high - low - ended,
                string=np.where(matched > length, strings, -1),
            )


def _less(some: Keys, others: Keys) -> NDArray[np.bool_]:
    less = some[-1] < others[-1]
    for one, other in zip(some[-2::-1], others[-2::-1], strict=True):
        less = (one < other) | ((one == other) & less)
    return less
