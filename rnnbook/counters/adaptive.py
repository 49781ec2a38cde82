"""Counters that go on counting while they read.

Every character is guessed from the counts of the training text and of all that was read before
it, and is then counted itself. What comes new after a context is counted as new; a string that
stands after another character than ever before counts once more in how many places it stood
(Kneser-Ney); and only then. Discounts stay those of the training text. Strings across the border
of the two texts are not counted.

No table has to change for this. The text is known to the end, so what would have been counted
before each character is the number of earlier places with the same string: its rank among them.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rnnbook.counters.counter import Counter, Kinds, Probs
from rnnbook.counters.suffixes import Array, Found, Suffixes
from rnnbook.text import Ids

Tally = tuple[Array, Array, Kinds]


class Adaptive:
    """A counter that goes on counting while it reads a text.

    It guesses as if :class:`rnnbook.ngram.NGram` or
    :class:`rnnbook.counters.kneser_ney.KneserNey` counted every character that it has read.
    """

    def __init__(self, model: Counter):
        self.model, self.vocab, self.order = model, model.vocab, model.order
        self.smoothing = f"{model.smoothing}, counting on"

    def log_probs(self, ids: Ids) -> Probs:
        """ln P (N,) of every character of ids (N,), each given those before it."""
        for found in self.log_probs_by_order(ids):
            longest = found
        return longest

    def log_probs_by_order(self, ids: Ids) -> Iterator[Probs]:
        """Yield ln P (N,) of ids (N,) for the orders 1, 2, ... up to the model's own."""
        model, ids = self.model, np.asarray(ids)
        counts = _Counts(model, ids)
        probs = np.full(len(ids), 1 / len(self.vocab))
        for length in range(self.order):
            shorter, probs = probs, self._mixed(counts, length, probs, True)
            yield np.log(probs)
            if model.has_own_top and length + 1 < self.order:
                probs = self._mixed(counts, length, shorter, False)

    def _mixed(self, counts: _Counts, length: int, shorter: Probs, top: bool) -> Probs:
        mixed = shorter.copy()
        if length < len(mixed):
            tallied = counts.before(length, top)
            mixed[length:] = self.model.mix(length, tallied, shorter[length:], top)
        return mixed


class _Counts:
    """What a counter knows before each character of ids (N,), all before it counted."""

    def __init__(self, model: Counter, ids: Ids):
        self._model, self._total = model, len(ids)
        self._found: Found = model.suffixes.find(ids)
        self._matched = np.empty(len(ids), dtype=np.int64)
        self._matched[self._found.positions] = self._found.matched
        self._own = Suffixes(ids, len(model.vocab), model.order)

    def before(self, length: int, top: bool) -> Tally:
        """As :meth:`Counter.tally`, for contexts of so many characters before each character
        from ``length`` on, M = N - length of them."""
        static_counts, totals, kinds = self._static(length, top)
        contexts, strings = self._same(length), self._same(length + 1)[: len(totals)]
        contexts = contexts[: len(totals)]
        counted = self._counted(length, top)
        counts = static_counts + _earlier(strings, counted[:, None])[:, 0]
        growth = self._model.growth(counts) * counted[:, None]
        grown = _earlier(contexts, np.concatenate([counted[:, None], growth], axis=1))
        return counts, totals + grown[:, 0], kinds + grown[:, 1:]

    def _static(self, length: int, top: bool) -> Tally:
        """The counts of the training text."""
        size = self._total - length
        counts, totals = np.zeros(size, np.int64), np.zeros(size, np.int64)
        kinds = np.zeros((size, self._model.growth(counts[:1]).shape[1]), np.int64)
        for contexts in self._model.suffixes.contexts(self._found, length):
            at = contexts.at - length
            counts[at], totals[at], kinds[at] = self._model.tally(length, contexts, top)
        return counts, totals, kinds

    def _same(self, length: int) -> Array:
        """A number (N,) for the string so long that begins at each place: equal for equal ones."""
        numbers = np.empty(self._total, dtype=self._own.rows.dtype)
        numbers[self._own.rows] = self._own.nodes_of_rows(length)
        return numbers

    def _counted(self, length: int, top: bool) -> NDArray[np.int64]:
        """Whether (M,) the string that begins at each place is counted when it has been read.

        In the longest contexts every one is; in shorter ones of Kneser-Ney, one that stands
        after a character for the first time.
        """
        counted = np.ones(self._total - length, dtype=np.int64)
        if top or not self._model.has_own_top:
            return counted
        longer = self._same(length + 2)[: len(counted) - 1]  # with the character before
        before = _earlier(longer, np.ones((len(longer), 1), np.int64))[:, 0]
        counted[0] = 0
        counted[1:] = (before == 0) & (self._matched[: len(longer)] < length + 2)
        return counted


def _earlier(numbers: Array, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums (M, K) of the values (M, K) at all earlier places with the same number (M,)."""
    by = np.argsort(numbers, kind="stable")
    ordered = values[by]
    sums = np.cumsum(ordered, axis=0) - ordered
    begins = np.diff(numbers[by], prepend=-2) != 0
    sums -= sums[begins][np.cumsum(begins) - 1]
    earlier = np.empty_like(sums)
    earlier[by] = sums
    return earlier
