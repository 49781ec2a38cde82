"""How far back a network listens: what a changed character changes, by its distance.

An ablation, and not a gradient: it counts what a change does, and not what an endless
small one would do. The gradient is in :mod:`rnnbook.torch_networks.inspection`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.language_model import log_softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.text import Ids, Vocab


def memory(model: NumpyModel, windows: Ids, lags: Sequence[int]) -> NDArray[np.float64]:
    """What the character a lag before the guessed one matters to the guess: (N, K), in bits.

    Each of windows (N, T) is read from an empty state, and its guess after the last
    character compared with the guess after a changed window: the Kullback-Leibler
    divergence of the new one from the old. The lag of the last character is 1. It is
    replaced by a space, and a space by ``e``; everything else stays.

    Raises :class:`TextError` if a lag reaches beyond the windows.
    """
    count, length = windows.shape
    if not lags or min(lags) < 1 or max(lags) > length:
        raise TextError(f"lags lie between 1 and the length of the windows, {length}")
    strangers = np.array([_stranger(char_id, model.vocab) for char_id in range(len(model.vocab))])
    variants = np.tile(windows, (len(lags) + 1, 1, 1))  # (1 + K, N, T): as it is, then changed
    for k, lag in enumerate(lags):
        variants[k + 1, :, length - lag] = strangers[windows[:, length - lag]]
    state = model.initial_state((len(lags) + 1) * count)
    for column in variants.reshape(-1, length).T:
        logits, state = model.step(column, state)
    logs = log_softmax(logits).reshape(len(lags) + 1, count, -1)
    bits = (np.exp(logs[0]) * (logs[0] - logs[1:])).sum(axis=2) / np.log(2)  # (K, N)
    return np.maximum(0, bits).T


def influence(model: NumpyModel, ids: Ids) -> NDArray[np.float64]:
    """What each of ids (T,) matters to the guess after the last: (T,), in bits.

    :func:`memory` of one window, in the order of the text.
    """
    return memory(model, np.asarray(ids)[None], range(len(ids), 0, -1))[0]


def _stranger(char_id: int, vocab: Vocab) -> int:
    for char in (" ", "e"):
        if char in vocab.chars and vocab.chars.index(char) != char_id:
            return vocab.chars.index(char)
    return 1 if char_id == 0 else 0
