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

import numpy as np
from tqdm import tqdm

from rnnbook.counters.counter import Counter, Kinds, Probs
from rnnbook.counters.suffixes import Array, Contexts
from rnnbook.errors import TextError
from rnnbook.text import Ids, Vocab


class NGram(Counter):
    """A character model that looks at the last ``order - 1`` characters."""

    smoothing = "Witten-Bell"

    def tally(self, length: int, contexts: Contexts, top: bool) -> tuple[Array, Array, Kinds]:
        starts, string = self.suffixes.starts(length + 1), contexts.string
        counts = np.where(string >= 0, starts[string + 1] - starts[string], 0)
        return counts, contexts.followed, (contexts.last - contexts.first)[:, None]

    def mix(
        self, length: int, tallied: tuple[Array, Array, Kinds], shorter: Probs, top: bool
    ) -> Probs:
        counts, followed, kinds = tallied
        distinct = kinds[..., 0]
        with np.errstate(invalid="ignore"):  # 0 / 0 where the context was never followed
            mixed = (counts + distinct * shorter) / (followed + distinct)
        return np.where(followed > 0, mixed, shorter)

    def growth(self, counts: Array) -> Kinds:
        return (counts == 0).astype(np.int64)[:, None]

    def _weights(self, length: int, first: int, counts: Array, top: bool) -> Array:
        return counts

    def _kinds(self, weights: Array) -> Kinds:
        return np.array([np.count_nonzero(weights)])


def best_order(
    vocab: Vocab,
    train_ids: Ids,
    validation_ids: Ids,
    orders: range = range(1, 10),
    *,
    progress: bool = False,
) -> tuple[NGram, dict[int, float]]:
    """The n-gram with the least loss on the validation text, and every order's loss.

    Losses are in nats per character. The choice looks at the validation text, so
    it flatters the n-gram a little: as a baseline should be. Counting takes about
    15 bytes a character beyond the ids; ``progress`` shows bars on a terminal when
    it takes longer than a second.

    Raises :class:`TextError` if the training text is empty.
    """
    possible = [order for order in orders if order <= len(train_ids)]
    if not possible:
        raise TextError("the training text is empty")
    model = NGram(vocab, train_ids, max(possible), progress=progress)
    losses: dict[int, float] = {}
    best = possible[0]
    scored = tqdm(
        model.log_probs_by_order(validation_ids), desc="scoring n-grams", total=max(possible),
        unit=" orders", delay=1, leave=False, disable=None if progress else True,
    )  # fmt: skip
    for order, log_probs in enumerate(scored, start=1):
        if order not in possible:
            continue
        losses[order] = float(-log_probs[1:].mean())
        if losses[order] < losses[best]:
            best = order
        elif losses[order] > losses[best] + 0.1:
            break  # more context only gets worse from here on
    model.suffixes.forget_starts(best)
    return model.shortened(best), losses
