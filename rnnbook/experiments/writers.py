"""Who writes: a shipped network, the best n-gram of its training text, and the text itself.

All three go on from the same places of the held-out text. What the text itself says there
is the measure of what a rule of thumb calls wrong in good writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rnnbook import checkpoints, corpora, evaluation
from rnnbook.experiments.experiment import SEEDS
from rnnbook.language_model import State
from rnnbook.ngram import NGram
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.sampling import sample_many
from rnnbook.text import Ids, split

NETWORK, COUNTING, TEXT = "network", "n-gram", "held-out text"
CONTEXT = 300  # characters that are read before a piece is written
_REMEMBERED = 50_000  # guesses; one takes a kilobyte
_BREAKS = ("\n\n", "\n", ". ")  # a piece starts after one of these, the first that is near


@dataclass(frozen=True)
class Material:
    """A shipped network, its training text and the validation part, which it never read."""

    name: str
    corpus: str
    network: NumpyModel
    train_text: str
    held_out: str
    ngram_order: int  # the one with the least loss on the validation part


@dataclass(frozen=True)
class Piece:
    """What was written, and what stood before."""

    text: str
    before: str


@lru_cache(maxsize=2)
def material(name: str) -> Material:
    """The material of a shipped model."""
    checkpoint = checkpoints.load(name)
    corpus = checkpoint.info["corpus"]["name"]
    train_text, held_out = split(corpora.load(corpus).text, 0.1)
    order = checkpoint.info["ngram"]["order"]
    return Material(name, corpus, checkpoint.model(), train_text, held_out, order)


class Remembering:
    """An n-gram that remembers what it guessed after a context: the same text, sooner."""

    def __init__(self, model: NGram):
        self.vocab, self.order = model.vocab, model.order
        self.log_probs, self.initial_state = model.log_probs, model.initial_state
        self._step = model.step
        self._known: dict[tuple[bytes, bytes], tuple[NDArray[np.float64], State]] = {}

    def step(self, ids: Ids, state: State) -> tuple[NDArray[np.float64], State]:
        """As :meth:`NGram.step`."""
        key = ids.tobytes(), state["context"].tobytes()
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._step(ids, state)
        return self._known[key]


@lru_cache(maxsize=1)
def _ngram(corpus: str, order: int, name: str) -> Remembering:
    of = material(name)
    return Remembering(NGram(of.network.vocab, of.network.vocab.encode(of.train_text), order))


def ngram(of: Material) -> Remembering:
    """The n-gram that counted the whole training text."""
    return _ngram(of.corpus, of.ngram_order, of.name)


@lru_cache(maxsize=2)
def dictionary(corpus: str, name: str) -> frozenset[str]:
    """The words of a model's training text."""
    return frozenset(evaluation.words(material(name).train_text))


def places(of: Material, seed: int, count: int, length: int) -> list[int]:
    """Where ``count`` pieces begin in the held-out text; other places for every seed."""
    slot = len(of.held_out) // (count * len(SEEDS))
    found = []
    for which in range(count):
        first = (which * len(SEEDS) + seed) * slot
        last = first + slot - length  # where a piece may begin at the latest
        found.append(_next_break(of.held_out, first + CONTEXT, max(last, first + CONTEXT)))
    return found


def _next_break(text: str, first: int, last: int) -> int:
    """The first place from ``first`` on at which a paragraph, a line or a sentence begins."""
    for mark in _BREAKS:
        place = text.find(mark, first, last)
        if place >= 0:
            return place + len(mark)
    return first


def write(
    of: Material, writer: str, temperature: float | None, seed: int, count: int, length: int
) -> list[Piece]:
    """``count`` pieces of ``length`` characters. The held-out text knows no temperature."""
    return go_on(of, writer, temperature, seed, places(of, seed, count, length), length)


def go_on(
    of: Material, writer: str, temperature: float | None, seed: int, starts: list[int], length: int
) -> list[Piece]:
    """What is written from these places of the held-out text on."""
    before = [of.held_out[max(0, start - CONTEXT) : start] for start in starts]
    if writer == TEXT:
        texts = [of.held_out[start : start + length] for start in starts]
    else:
        model = of.network if writer == NETWORK else ngram(of)
        rngs = [np.random.default_rng([seed, which]) for which in range(len(starts))]
        texts = sample_many(model, before, length, temperature=temperature or 0.0, rngs=rngs)
    return [Piece(*pair) for pair in zip(texts, before, strict=True)]
