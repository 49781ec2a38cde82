"""Counting: the baseline that stands beside every loss of the book.

A character n-gram model with interpolated Witten-Bell smoothing. With ``c`` the
next character, ``u`` the context, ``u'`` the context without its first
character, ``n(u)`` how often ``u`` was followed by anything and ``d(u)`` by how
many different characters,

    P(c | u) = (n(uc) + d(u) P(c | u')) / (n(u) + d(u)),

down to the empty context, below which every character has 1/V.
Source: Witten and Bell (1991), IEEE Transactions on Information Theory 37(4).

Taught in the chapters *Counting* and *min-char-rnn, whole*.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import State
from rnnbook.text import Ids, Vocab

_UNSEEN = -1  # the rank of a context that never occurred


class NGram:
    """A character model that looks at the last ``order - 1`` characters.

    The counts form a trie in sorted arrays. A node of depth ``k`` is a string of
    ``k`` characters that occurred; its key is ``rank of its first k - 1 characters
    * V + its last character``, and its rank is the position of the key. So a
    look-up is a binary search, and the children of a node lie side by side.
    """

    def __init__(self, vocab: Vocab, ids: Ids, order: int):
        """Count ids (N,), for contexts of 0 to ``order - 1`` characters.

        Raises :class:`TextError` if the order is below 1 or the text is shorter
        than the order.
        """
        if order < 1:
            raise TextError("the order of an n-gram is 1 or more")
        if len(ids) < order:
            raise TextError(
                f"a text of {len(ids)} characters is too short for n-grams of order {order}"
            )
        self.vocab = vocab
        self.order = order
        self._keys: list[NDArray[np.int64]] = []  # a level: (nodes,)
        self._counts: list[NDArray[np.int64]] = []
        self._followed: list[NDArray[np.int64]] = []  # n(u) of the level's contexts u
        self._distinct: list[NDArray[np.int64]] = []  # d(u)
        self._count(np.asarray(ids, dtype=np.int64))

    def _count(self, ids: Ids) -> None:
        ranks, num_contexts = np.zeros(len(ids), dtype=np.int64), 1
        for depth in range(self.order):
            # ranks[i] is the context that ends before character i + depth
            keys = ranks[: len(ids) - depth] * len(self.vocab) + ids[depth:]
            level, ranks, counts = np.unique(keys, return_inverse=True, return_counts=True)
            contexts = level // len(self.vocab)
            self._keys.append(level)
            self._counts.append(counts)
            self._followed.append(np.bincount(contexts, weights=counts, minlength=num_contexts))
            self._distinct.append(np.bincount(contexts, minlength=num_contexts))
            num_contexts = len(level)

    def _find(self, depth: int, contexts: Ids, ids: Ids) -> Ids:
        """Ranks of the strings ``context + character`` at ``depth``, or -1."""
        keys = contexts * len(self.vocab) + ids
        level = self._keys[depth]
        ranks = np.minimum(np.searchsorted(level, keys), len(level) - 1)
        return np.where((contexts >= 0) & (level[ranks] == keys), ranks, _UNSEEN)

    @property
    def num_strings(self) -> list[int]:
        """How many different strings of 1, 2, ... up to ``order`` characters were counted."""
        return [len(level) for level in self._keys]

    def log_probs(self, ids: Ids) -> NDArray[np.float64]:
        """ln P (N,) of every character of ids (N,), each given those before it."""
        for found in self.log_probs_by_order(ids):
            longest = found
        return longest

    def log_probs_by_order(self, ids: Ids) -> Iterator[NDArray[np.float64]]:
        """Yield ln P (N,) of ids (N,) for the orders 1, 2, ... up to this model's own.

        The counts of an order hold those of all lower ones, so one table gives them all.
        """
        probs = np.full(len(ids), 1 / len(self.vocab))
        contexts = np.zeros(len(ids), dtype=np.int64)  # of 0 characters
        for depth in range(self.order):
            found = self._find(depth, contexts, ids)
            probs = self._interpolate(depth, contexts, self._count_of(depth, found), probs)
            # the context of depth + 1 characters before i + 1 ends with character i
            contexts = np.concatenate([[_UNSEEN], found[:-1]])
            yield np.log(probs)

    def _count_of(self, depth: int, ranks: Ids) -> NDArray[np.int64]:
        return np.where(ranks >= 0, self._counts[depth][ranks], 0)

    def _interpolate(self, depth, contexts, counts, probs):
        followed = self._followed[depth][contexts]
        distinct = self._distinct[depth][contexts]
        known = (contexts >= 0) & (followed > 0)
        with np.errstate(invalid="ignore"):  # 0 / 0 where the context is not known
            mixed = (counts + distinct * probs) / (followed + distinct)
        return np.where(known, mixed, probs)

    def initial_state(self, batch_size: int = 1) -> State:
        """Nothing read yet: ``{"context": (B, order - 1)}``, filled with -1."""
        return {"context": np.full((batch_size, self.order - 1), _UNSEEN, dtype=np.int64)}

    def step(self, ids: Ids, state: State) -> tuple[NDArray[np.float64], State]:
        """Read ids (B,); logits (B, V) are the log-probabilities of the next character."""
        read = np.concatenate([state["context"], np.asarray(ids)[:, None]], axis=1)
        context = read[:, read.shape[1] - (self.order - 1) :]
        logits = np.stack([np.log(self._distribution(row[row >= 0])) for row in context])
        return logits, {"context": context}

    def _distribution(self, context: Ids) -> NDArray[np.float64]:
        """P (V,) after a context of at most ``order - 1`` characters."""
        size = len(self.vocab)
        probs = np.full(size, 1 / size)
        for length in range(len(context) + 1):
            rank = self._rank(context[len(context) - length :])
            if rank == _UNSEEN or self._followed[length][rank] == 0:
                break  # a longer context cannot have occurred either
            level = self._keys[length]
            first, last = np.searchsorted(level, [rank * size, (rank + 1) * size])
            counts = np.zeros(size)
            counts[level[first:last] - rank * size] = self._counts[length][first:last]
            distinct = self._distinct[length][rank]
            probs = (counts + distinct * probs) / (self._followed[length][rank] + distinct)
        return probs

    def _rank(self, context: Ids) -> int:
        rank = np.zeros(1, dtype=np.int64)
        for depth, char_id in enumerate(context):
            rank = self._find(depth, rank, np.array([char_id]))
        return int(rank[0])


def best_order(
    vocab: Vocab, train_ids: Ids, validation_ids: Ids, orders: range = range(1, 10)
) -> tuple[NGram, dict[int, float]]:
    """The n-gram with the least loss on the validation text, and every order's loss.

    Losses are in nats per character. The choice looks at the validation text, so
    it flatters the n-gram a little: as a baseline should be.
    """
    losses: dict[int, float] = {}
    best: NGram | None = None
    for order in orders:
        if len(train_ids) < order:
            break
        model = NGram(vocab, train_ids, order)
        losses[order] = float(-model.log_probs(validation_ids)[1:].mean())
        if best is None or losses[order] < losses[best.order]:
            best = model
        elif losses[order] > losses[best.order] + 0.1:
            break  # more context only gets worse from here on
    if best is None:
        raise TextError("the training text is empty")
    return best, losses
