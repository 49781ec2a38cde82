"""Mixtures: several models guess, and their probabilities are averaged.

A network knows rules and a counter knows the text; where one is wrong the other may be right. The
mixture ``P = sum of w_i P_i`` is never worse than the best of them by more than ``-ln w_i``, and is
better when they fail in different places. The weights are fixed, chosen by expectation
maximisation on a text that is not scored (Jelinek and Mercer 1980), or learnt while reading by
exponentiated gradient (Helmbold, Schapire, Singer and Warmuth 1998, *On-line portfolio selection
using multiplicative updates*, Mathematical Finance 8(4)): after each character

    w_i <- w_i exp(rate P_i / P) / Z.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import LanguageModel, State, log_softmax
from rnnbook.text import Ids

Probs = NDArray[np.float64]
_ROUNDS = 1000  # of expectation maximisation at most
_SETTLED = 1e-7  # a round that moves every weight by less is the last


def fitted_weights(log_probs: Probs) -> Probs:
    """The weights (M,) under which ln P (M, N) of M models gives N characters most.

    By expectation maximisation from equal weights; the likelihood has one maximum.
    """
    likely = np.exp(log_probs - log_probs.max(axis=0))  # (M, N)
    weights = np.full(len(likely), 1 / len(likely))
    for _ in range(_ROUNDS):
        shares = weights[:, None] * likely
        before, weights = weights, (shares / shares.sum(axis=0)).mean(axis=1)
        if np.abs(weights - before).max() < _SETTLED:
            break
    return weights


def mixed(log_probs: Probs, weights: Probs) -> Probs:
    """ln P (N,) of the mixture of ln P (M, N) with fixed weights (M,)."""
    with np.errstate(divide="ignore"):
        return np.logaddexp.reduce(log_probs + np.log(weights)[:, None], axis=0)


def mixed_while_reading(
    log_probs: Probs, weights: Probs, rate: float = 0.02
) -> tuple[Probs, Probs]:
    """ln P (N,) of the mixture whose weights learn from every character, and the last weights.

    ``log_probs`` (M, N) are the models', ``weights`` (M,) those to begin with.
    """
    scale = log_probs.max(axis=0)
    likely = np.exp(log_probs - scale)  # (M, N)
    current, found = weights.tolist(), np.empty(likely.shape[1])
    for place, column in enumerate(likely.T.tolist()):
        total = sum(w * p for w, p in zip(current, column, strict=True))
        found[place] = total
        current = [w * math.exp(rate * p / total) for w, p in zip(current, column, strict=True)]
        norm = sum(current)
        current = [w / norm for w in current]
    return np.log(found) + scale, np.array(current)


class Mixture:
    """Several models of one vocabulary as one :class:`LanguageModel`, with fixed weights."""

    def __init__(self, models: Sequence[LanguageModel], weights: Sequence[float]):
        """Raises :class:`TextError` unless there is a positive weight a model, and one
        vocabulary. The weights are scaled to sum to 1."""
        if not models or len(weights) != len(models) or min(weights) <= 0:
            raise TextError("a mixture takes one positive weight for every model")
        if any(model.vocab != models[0].vocab for model in models):
            raise TextError("the models of a mixture must know the same characters")
        self.vocab, self._models = models[0].vocab, list(models)
        self.weights = np.array(weights, dtype=np.float64) / sum(weights)

    def initial_state(self, batch_size: int = 1) -> State:
        """The states of the models, by their places: ``{"0": ..., "1": ...}``."""
        return {str(i): model.initial_state(batch_size) for i, model in enumerate(self._models)}

    def step(self, ids: Ids, state: State) -> tuple[Probs, State]:
        """Read ids (B,); logits (B, V) are the log-probabilities of the next character."""
        parts, states = [], {}
        for i, (model, weight) in enumerate(zip(self._models, self.weights, strict=True)):
            logits, states[str(i)] = model.step(ids, state[str(i)])
            parts.append(log_softmax(logits) + np.log(weight))
        return np.logaddexp.reduce(parts, axis=0), states
