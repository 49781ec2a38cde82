"""Interpolated modified Kneser-Ney smoothing, the best that counting alone is known for.

Chen and Goodman (1998), *An Empirical Study of Smoothing Techniques for Language Modeling*,
TR-10-98. With ``a(uc)`` the count of ``uc``, ``A(u)`` its sum over c, and ``N_i(u)`` how many
characters c have ``a(uc) = i``,

    P(c | u) = (a(uc) - D(a(uc)) + (D_1 N_1(u) + D_2 N_2(u) + D_3+ N_3+(u)) P(c | u')) / A(u).

For the longest contexts ``a`` is how often ``uc`` occurred. For all shorter ones it is how many
different characters stood before ``uc``: what is asked of a short context is what comes when
the longer one is new, so it matters in how many places a string can stand, not how often it did.

The discounts are estimated from the numbers ``n_i`` of strings whose count is i, for every
length of string: ``Y = n_1 / (n_1 + 2 n_2)``, ``D_1 = 1 - 2 Y n_2 / n_1``, ``D_2 = 2 - 3 Y n_3 /
n_2``, ``D_3+ = 3 - 4 Y n_4 / n_3``. Characters are few, and then these can fall outside their
range: on the single characters of a text D_3+ is often negative, and a negative discount can make a
probability negative. SRILM and KenLM refuse such a text. Here, unless ``0 < D_i <= i`` for all
three, the length takes KenLM's ``--discount_fallback``: 1/2, 1, 3/2. So every probability is
positive.

The single characters are interpolated with 1/V, as KenLM does it. A context that was never
followed, or only where nothing stood before it, is left out.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnbook.counters.counter import Counter, Kinds, Probs
from rnnbook.counters.suffixes import Array, Contexts, Suffixes
from rnnbook.text import Vocab

FALLBACK = (0.5, 1.0, 1.5)
_CHUNK = 1 << 20  # strings at a time


def discounts(counts_of_counts: Array) -> tuple[float, float, float]:
    """D_1, D_2 and D_3+ from n_1, n_2, n_3 and n_4 (4,), or :data:`FALLBACK`."""
    n1, n2, n3, n4 = (int(count) for count in counts_of_counts)
    if not n1 or not n2 or not n3:
        return FALLBACK
    Y = n1 / (n1 + 2 * n2)
    found = 1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    sound = all(0 < discount <= i for i, discount in enumerate(found, start=1))
    return found if sound else FALLBACK


class KneserNey(Counter):
    """A character model that looks at the last ``order - 1`` characters.

    For the number of characters before every string it takes a byte a string more (two, above
    255 symbols) than :class:`rnnbook.ngram.NGram`, and while it counts, about 20 bytes a
    character.
    """

    smoothing = "Kneser-Ney"
    has_own_top = True

    def _set_up(self, vocab: Vocab, order: int, suffixes: Suffixes) -> None:
        super()._set_up(vocab, order, suffixes)
        self._known_before: dict[int, Array] = {}
        self._known_discounts: dict[tuple[int, bool], tuple[float, float, float]] = {}

    def _before(self, length: int) -> Array:
        """How many different characters stood before every string (nodes,) so long."""
        if length not in self._known_before:
            self._known_before[length] = _different_before(self.suffixes, length)
        return self._known_before[length]

    def _counts_of_counts(self, length: int, top: bool) -> NDArray[np.int64]:
        """n_1 to n_4 (4,) of the strings of so many characters."""
        if not top:
            return np.bincount(np.minimum(self._before(length), 5), minlength=6)[1:5]
        starts = self.suffixes.starts(length)
        counts = np.zeros(6, dtype=np.int64)
        for first in range(0, len(starts) - 1, _CHUNK):
            sizes = np.minimum(np.diff(starts[first : first + _CHUNK + 1]), 5)
            counts += np.bincount(sizes, minlength=6)
        counts[1] -= length - 1  # the last characters, too few for a string
        return counts[1:5]

    def discounts(self, length: int, *, top: bool) -> tuple[float, float, float]:
        """D_1, D_2 and D_3+ of strings so long: ``top`` says which counts are discounted."""
        key = length, top
        if key not in self._known_discounts:
            self._known_discounts[key] = discounts(self._counts_of_counts(length, top))
        return self._known_discounts[key]

    def tally(self, length: int, contexts: Contexts, top: bool) -> tuple[Array, Array, Kinds]:
        string = contexts.string
        counts = np.where(string >= 0, self._counts(length + 1, string, top), 0)
        # many contexts are alike, and a few have nothing after them
        key = 2 * contexts.first + (contexts.last > contexts.first)
        _, which, back = np.unique(key, return_index=True, return_inverse=True)
        first, last = contexts.first[which], contexts.last[which]
        totals, kinds = self._summed(length + 1, first, last, top)
        return counts, totals[back], kinds[back]

    def _counts(self, length: int, nodes: Array, top: bool) -> Array:
        if not top:
            return self._before(length)[nodes].astype(np.int64)
        starts = self.suffixes.starts(length)
        return starts[nodes + 1] - starts[nodes]

    def _summed(self, length: int, first: Array, last: Array, top: bool) -> tuple[Array, Kinds]:
        """Over the nodes first to last - 1: the sum (M,) of counts, and how many are 1, 2, 3+
        (M, 3)."""
        sizes = last - first
        totals, kinds = np.zeros(len(first), np.int64), np.zeros((len(first), 3), np.int64)
        (full,) = np.nonzero(sizes)
        if len(full):
            offsets = np.cumsum(sizes[full]) - sizes[full]
            nodes = np.arange(sizes.sum()) + np.repeat(first[full] - offsets, sizes[full])
            counts = self._counts(length, nodes, top)
            totals[full] = np.add.reduceat(counts, offsets)
            for column, is_kind in enumerate((counts == 1, counts == 2, counts > 2)):
                kinds[full, column] = np.add.reduceat(is_kind, offsets, dtype=np.int64)
        return totals, kinds

    def mix(
        self, length: int, tallied: tuple[Array, Array, Kinds], shorter: Probs, top: bool
    ) -> Probs:
        counts, totals, kinds = tallied
        D = np.array([0.0, *self.discounts(length + 1, top=top)])
        kept = kinds @ D[1:]  # what the discounts leave for the shorter context
        with np.errstate(invalid="ignore"):  # 0 / 0 where the context was never followed
            mixed = (counts - D[np.minimum(counts, 3)] + kept * shorter) / totals
        return np.where(totals > 0, mixed, shorter)

    def growth(self, counts: Array) -> Kinds:
        once, twice, thrice = (counts == i for i in range(3))  # as they are about to be
        return np.stack([1 * once - twice, 1 * twice - thrice, 1 * thrice], axis=1)

    def _weights(self, length: int, first: int, counts: Array, top: bool) -> Array:
        if top:
            return counts
        return self._before(length + 1)[first : first + len(counts)]

    def _kinds(self, weights: Array) -> Kinds:
        return np.bincount(np.minimum(weights, 3), minlength=4)[1:]


def _different_before(suffixes: Suffixes, length: int) -> Array:
    """How many different characters stood before every string (nodes,) of so many characters.

    A string with the character before it is a node of the next length; without that character
    it begins one place later.
    """
    nodes, longer = suffixes.nodes_of_rows(length), suffixes.starts(length + 1)[:-1]
    kind = f"u{suffixes.symbols.array.itemsize}"  # it holds the number of symbols
    different = np.zeros(len(suffixes.starts(length)) - 1, dtype=kind)
    for start in range(0, len(longer), _CHUNK):
        begins = suffixes.rows[longer[start : start + _CHUNK]]
        begins = begins[begins + length < suffixes.length]  # others are too near the end
        np.add.at(different, nodes[suffixes.row_of[begins + 1]], 1)
    return different
