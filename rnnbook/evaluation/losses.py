"""How good is a model: nats, bits and perplexity, with the n-gram beside them.

Taught in the chapters *Sampling and temperature* and *A trained LSTM*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import State
from rnnbook.text import Ids, Vocab

#: The most logits that are computed at once, B T V.
_MOST_LOGITS = 2**22


class Reader(Protocol):
    """A network that reads many characters in one call."""

    vocab: Vocab

    def initial_state(self, batch_size: int = 1) -> State: ...

    def read(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Ids (B, T) -> logits (B, T, V) and the state after them."""
        ...


@dataclass(frozen=True)
class Loss:
    """A mean loss in nats per character, and what follows from it."""

    nats: float
    characters: int  # how many predictions were scored

    @property
    def bits_per_char(self) -> float:
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        return math.exp(self.nats)

    def __str__(self) -> str:
        return (
            f"{self.nats:.4f} nats per character ({self.bits_per_char:.3f} bits, "
            f"perplexity {self.perplexity:.2f})"
        )


def evaluate(
    model: Reader, ids: Ids, *, num_streams: int = 32, warm_up: int = 512, chunk: int = 128
) -> Loss:
    """The loss of a network on ids (N,), with its state carried over the whole text.

    Every character but the first is scored once. So that a batch can be used, the
    text is cut into streams, and every stream first reads the ``warm_up``
    characters that come before it without being scored. One stream is the exact
    carried-state loss; with 512 characters to warm up, the difference is below
    1e-4 nats (a test measures it).

    Raises :class:`TextError` if there are fewer than two characters.
    """
    x, y, scored = _streams(ids, num_streams, warm_up)
    total = _total_loss(model, x, y, scored, chunk)
    return Loss(total / (len(ids) - 1), len(ids) - 1)


def log_probs(
    model: Reader, ids: Ids, *, num_streams: int = 32, warm_up: int = 512, chunk: int = 128
) -> NDArray[np.float64]:
    """ln P (N - 1,) that a network gives to every one of ids (N,) but the first.

    Read as :func:`evaluate` reads, whose loss is the mean of these with the sign turned.
    """
    x, y, scored = _streams(ids, num_streams, warm_up)
    found, state = np.empty(x.shape), model.initial_state(len(x))
    chunk = max(1, min(chunk, _MOST_LOGITS // (len(x) * len(model.vocab))))
    for start in range(0, x.shape[1], chunk):
        part = slice(start, start + chunk)
        logits, state = model.read(x[:, part], state)  # (B, T, V)
        now = scored[:, part]
        found[:, part][now] = -_surprise(logits[now], y[:, part][now])
    return found[scored]


def _streams(ids: Ids, num_streams: int, warm_up: int) -> tuple[Ids, Ids, NDArray[np.bool_]]:
    """Rows to read (B, W), what comes next (B, W), and which of these are scored (B, W)."""
    if len(ids) < 2:
        raise TextError("it takes at least two characters to measure a loss")
    num_streams = max(1, min(num_streams, (len(ids) - 1) // (2 * warm_up)))
    length = math.ceil((len(ids) - 1) / num_streams)
    scored = np.zeros((num_streams, warm_up + length), dtype=bool)
    x = np.zeros(scored.shape, dtype=np.int64)
    y = np.zeros_like(x)
    for row in range(num_streams):
        first, last = row * length, min((row + 1) * length, len(ids) - 1)
        start = max(0, first - warm_up)
        x[row, : last - start] = ids[start:last]
        y[row, : last - start] = ids[start + 1 : last + 1]
        scored[row, first - start : last - start] = True
    return x, y, scored


def _total_loss(model: Reader, x: Ids, y: Ids, scored: NDArray[np.bool_], chunk: int) -> float:
    state, total = model.initial_state(len(x)), 0.0
    chunk = max(1, min(chunk, _MOST_LOGITS // (len(x) * len(model.vocab))))
    for start in range(0, x.shape[1], chunk):
        part = slice(start, start + chunk)
        logits, state = model.read(x[:, part], state)  # (B, T, V)
        now = scored[:, part]
        if now.any():
            total += float(_surprise(logits[now], y[:, part][now]).sum())
    return total


def _surprise(logits: NDArray[np.floating], ids: Ids) -> NDArray[np.float64]:
    """-ln P (N,) of ids (N,) by logits (N, V), whose exponentials stay in their own precision."""
    top = logits.max(axis=-1)
    sums = np.exp(logits - top[:, None]).sum(axis=-1, dtype=np.float64)
    picked = np.take_along_axis(logits, ids[:, None], axis=-1)[:, 0]
    return np.log(sums) - (picked.astype(np.float64) - top)


def evaluate_blocks(model: Reader, ids: Ids, *, block: int = 256, batch_size: int = 64) -> Loss:
    """The stateless loss: blocks of ``block`` characters, each read from zero state.

    This is how models that cannot carry a state are scored; the gap to
    :func:`evaluate` is what carrying it is worth.
    """
    count = (len(ids) - 1) // block
    if count < 1:
        raise TextError(f"it takes at least {block + 1} characters to score one block")
    x = ids[: count * block].reshape(count, block)
    y = ids[1 : count * block + 1].reshape(count, block)
    total = 0.0
    for start in range(0, count, batch_size):
        rows = slice(start, start + batch_size)
        everything = np.ones(x[rows].shape, dtype=bool)
        total += _total_loss(model, x[rows], y[rows], everything, block)
    return Loss(total / (count * block), count * block)


def entropy(probs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Entropy (...) of distributions (..., V), in nats."""
    probs = np.asarray(probs, dtype=np.float64)
    return -np.sum(probs * np.log(np.where(probs > 0, probs, 1.0)), axis=-1)


def report(loss: Loss, baseline: Loss | None = None, order: int | None = None) -> dict[str, Any]:
    """What is printed and stored of a loss: not without its n-gram, unless that was not asked."""
    return {
        "validation_loss": loss.nats,
        "bits_per_char": loss.bits_per_char,
        "perplexity": loss.perplexity,
        "characters": loss.characters,
        "ngram": {} if baseline is None else {"order": order, "loss": baseline.nats},
    }
