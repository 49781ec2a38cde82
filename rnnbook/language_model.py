"""What every model of the book has in common, and what a trace of one holds.

An n-gram table, a NumPy network and a PyTorch network all answer one question:
given what was read so far, how likely is each next character? So the sampler,
the evaluation and the dashboard need only this module.

Taught in the chapter *A network with memory*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rnnbook.text import Ids, Vocab

#: Arrays by name: ``"h"`` of shape (L, B, H), and ``"c"`` too for the LSTM.
#: A model may keep other things there; whoever steps it only hands them back.
State = Mapping[str, Any]


@runtime_checkable
class LanguageModel(Protocol):
    """A model that reads one character at a time."""

    vocab: Vocab

    def initial_state(self, batch_size: int = 1) -> State:
        """The state before anything was read."""
        ...

    def step(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Read ids (B,) and return logits (B, V) for the next character, and the new state.

        The state passed in is not changed.
        """
        ...


@dataclass(frozen=True)
class Trace:
    """What a network did while it read a text: record once, view many times.

    Position ``t`` holds what is known *after* reading character ``t``, so
    ``logits[t]`` guesses character ``t + 1``.
    """

    text: str
    logits: NDArray[np.floating]  # (T, V)
    hidden: NDArray[np.floating]  # (L, T, H)
    cell: NDArray[np.floating] | None = None  # (L, T, H), the LSTM's c
    gates: dict[str, NDArray[np.floating]] = field(default_factory=dict)  # name: (L, T, H)

    @property
    def probs(self) -> NDArray[np.float64]:
        """Next-character probabilities (T, V)."""
        return softmax(self.logits)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities (..., V) of logits (..., V), in float64.

    The largest logit is subtracted first, so that no exponential overflows.
    """
    logits = np.asarray(logits, dtype=np.float64)
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-probabilities (..., V) of logits (..., V), in nats and in float64."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
