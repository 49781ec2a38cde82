"""What experiments on the shipped networks share: held-out pieces, twins and n-grams.

The seeds of these experiments are three places in the held-out part of a corpus, which
no network read in training.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from rnnbook import checkpoints, corpora, inspection, numpy_networks
from rnnbook.experiments.experiment import SEEDS, Case
from rnnbook.inspection import Search
from rnnbook.language_model import Trace
from rnnbook.ngram import NGram
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import untrained_weights
from rnnbook.text import split

LENGTH = 30_000  # characters of a piece
# The share of the held-out part that pieces are taken from, where it is not the whole: what
# comes after is mostly an essay, in which nobody speaks.
_TAKEN = {"war-and-peace": 0.6}


def product(models: Sequence[str]) -> list[Case]:
    """A case for every model and seed."""
    return [{"model": name, "seed": seed} for name, seed in itertools.product(models, SEEDS)]


@cache
def parts(name: str) -> tuple[str, str]:
    """The training and the held-out part of a model's corpus."""
    return split(corpora.load(checkpoints.load(name).info["corpus"]["name"]).text, 0.1)


def piece(name: str, seed: int, length: int = LENGTH) -> str:
    """So many characters from the beginning of the seed's third of the held-out part."""
    _, text = parts(name)
    third = int(_TAKEN.get(name, 1) * len(text)) // len(SEEDS)
    return text[seed * third : seed * third + min(length, third)]


@cache
def network(name: str) -> NumpyModel:
    """The trained network."""
    return checkpoints.load(name).model()


@cache
def untrained(name: str) -> NumpyModel:
    """A network of the same shape that was never trained: the twin."""
    config, vocab = network(name).config, network(name).vocab
    weights = untrained_weights(config, len(vocab), np.random.default_rng(0))
    return numpy_networks.network(vocab, config, weights)


@lru_cache(maxsize=1)
def trace(name: str, seed: int) -> Trace:
    """What the trained network did while it read the seed's piece."""
    return inspection.trace(network(name), piece(name, seed))


@lru_cache(maxsize=1)
def search(name: str, seed: int) -> Search:
    """A search among the units of the trained network, over the seed's piece."""
    return Search(inspection.unit_values(trace(name, seed)))


@lru_cache(maxsize=1)
def untrained_search(name: str, seed: int) -> Search:
    """The same search among the units of the twin."""
    return Search(inspection.unit_values(inspection.trace(untrained(name), piece(name, seed))))


@cache
def ngram(name: str) -> NGram:
    """The n-gram that the model's loss is printed with: its order, the whole training text."""
    vocab = network(name).vocab
    order = checkpoints.load(name).info["ngram"]["order"]
    return NGram(vocab, vocab.encode(parts(name)[0]), order)


def rounded(value: Any) -> float | None:
    """A number as a result stores it; None for what is not one."""
    return round(float(value), 4) if math.isfinite(value) else None
