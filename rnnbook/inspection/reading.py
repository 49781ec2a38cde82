"""One reading of a text, of which everything is recorded or every guess is kept."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import Trace, log_softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.text import Ids

_WARM_UP = 256  # characters that a stream reads before its own


def trace(model: NumpyModel, text: str) -> Trace:
    """Read a text and record logits, hidden states, cell states and gates.

    Raises :class:`UnknownCharacterError` on characters that the model does not know.
    """
    return model.trace(text)


def unit_values(trace: Trace) -> NDArray[np.floating]:
    """What every unit of every layer says after each character (T, L*H), in [-1, 1].

    That is tanh(c) of an LSTM, as the post coloured it, and h of other networks.
    """
    layers = trace.hidden if trace.cell is None else np.tanh(trace.cell)
    return np.concatenate(list(layers), axis=1)


def log_probs(model: NumpyModel, ids: Ids, *, num_streams: int = 1) -> NDArray[np.float64]:
    """ln P of every one of ids (T,) but the first, each given those before it: (T - 1,).

    Several streams are pieces of the text read side by side, each after the 256 characters
    that come before it. It is faster, and differs by what a network knows from further back.
    """
    x, own = _streams(np.asarray(ids)[:-1], num_streams)
    logits, _ = model.read(x, model.initial_state(len(x)))  # (B, W, V)
    return right_log_probs(logits[own], ids)


def right_log_probs(logits: NDArray[np.floating], ids: Ids) -> NDArray[np.float64]:
    """ln P (T - 1,) of ids[1:], where logits (T or T - 1, V) were given after each one."""
    count = len(ids) - 1
    return log_softmax(logits[:count])[np.arange(count), ids[1:]]


def _streams(ids: Ids, num_streams: int) -> tuple[Ids, NDArray[np.bool_]]:
    """Ids cut into rows that overlap (B, W), and which places (B, W) are a row's own.

    The rows' own places, in order, are the text.
    """
    if len(ids) == 0:
        raise TextError("there is nothing to read; give two characters or more")
    num_streams = max(1, min(num_streams, len(ids) // _WARM_UP))
    length = math.ceil(len(ids) / num_streams)
    num_streams = math.ceil(len(ids) / length)
    warm_up = _WARM_UP if num_streams > 1 else 0
    x = np.zeros((num_streams, warm_up + length), dtype=np.int64)
    own = np.zeros(x.shape, dtype=bool)
    for row in range(num_streams):
        first, last = row * length, min((row + 1) * length, len(ids))
        start = max(0, first - warm_up)
        x[row, : last - start] = ids[start:last]
        own[row, first - start : last - start] = True
    return x, own
