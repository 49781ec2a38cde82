"""Guess the letter: Shannon's game, with a counter and a network as the reader's rivals.

Taught in the chapter *Text as numbers*. After Shannon (1951), "Prediction and Entropy of Printed
English": whoever guesses until the letter is right tells, by the numbers of guesses, between
which bounds the entropy of the text lies for a guesser of that skill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from rnnbook.text import Vocab
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure


class Guess(LiveFigure):
    """A held-out passage, letter by letter; ``shown`` characters are given at the start.

    ``rivals`` maps names to ln P (T, V): what each model thought before every character of
    ``text`` (T), over the characters of ``vocab``. The trait ``guesses`` holds, for each letter
    that the reader has found, how many guesses that took; it can be linked to other widgets.

    Raises :class:`ValueError` for a table of another shape, or if nothing is left to guess.
    """

    _esm = assets.module("guess")
    _css = assets.style()
    _widget = "guess"
    _shared = ("text", "guesses", "_start", "_size", "_ranks", "_bits")

    guesses = traitlets.List(traitlets.Int(min=1)).tag(sync=True)
    _start = traitlets.Int().tag(sync=True)
    _size = traitlets.Int().tag(sync=True)
    # a rival: at which guess it has each character that is left, and its bits for it
    _ranks: traitlets.Dict[str, list[int]] = traitlets.Dict().tag(sync=True)
    _bits: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)

    def __init__(self, text: str, vocab: Vocab, rivals: Mapping[str, ArrayLike], *, shown: int):
        if not 0 < shown < len(text):
            raise ValueError(f"of {len(text)} characters, 1 to {len(text) - 1} can be shown")
        ids = vocab.encode(text)[shown:]
        ranks, bits = {}, {}
        for name, table in rivals.items():
            log_probs = np.asarray(table, dtype=float)
            if log_probs.shape != (len(text), len(vocab)):
                raise ValueError(f"{name}: ln P must have the shape {(len(text), len(vocab))}")
            ranks[name], bits[name] = _ranked(log_probs[shown:], ids)
        super().__init__(text=text, _start=shown, _size=len(vocab), _ranks=ranks, _bits=bits)

    @traitlets.validate("guesses")
    def _valid_guesses(self, proposal: Any) -> list[int]:
        if len(proposal["value"]) > len(self.text) - self._start:
            raise traitlets.TraitError("there are no more letters to guess than the text has")
        return list(proposal["value"])

    def _still(self) -> str:
        return f"{self.text[: self._start]} …"


def _ranked(log_probs: NDArray[Any], ids: NDArray[Any]) -> tuple[list[int], list[float]]:
    """At which guess each character (T,) comes, the first of equals first, and its bits."""
    own = log_probs[np.arange(len(ids)), ids]
    places = np.arange(log_probs.shape[1])
    before = (log_probs == own[:, None]) & (places < ids[:, None])
    ranks = 1 + (log_probs > own[:, None]).sum(axis=1) + before.sum(axis=1)
    return ranks.tolist(), np.round(-own / np.log(2), 3).tolist()


def bounds(guesses: Sequence[int]) -> tuple[float, float]:
    """Shannon's bounds, in bits per character, from the numbers of guesses that letters took.

    With q(k) for the share of letters that were right at guess k, the upper bound is the
    entropy of q, and the lower the sum of k (q(k) - q(k + 1)) log2 k, after q is put in order.
    Both come out too small from few letters: from n of them the upper is log2 n at most.

    Raises :class:`ValueError` if there is no guess.
    """
    if not guesses:
        raise ValueError("there is nothing to measure before the first letter is found")
    q = -np.sort(-np.bincount(guesses)[1:] / len(guesses))
    k, some = np.arange(1, len(q) + 1), q[q > 0]
    lower = float((k * (q - np.append(q[1:], 0)) * np.log2(k)).sum())
    return lower, float(-(some * np.log2(some)).sum())
