"""What a model guesses when it is shown only the end of a text: nothing, a character, or many.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnbook.counters.counter import Counter
from rnnbook.errors import TextError
from rnnbook.language_model import softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.text import Ids


def by_context(
    model: NumpyModel | Counter, ids: Ids, lengths: Sequence[int]
) -> NDArray[np.float64]:
    """P (K, V) of the character after ids (T,), for a model that is shown the last of them only.

    It starts from nothing before each of the K lengths. Shown no character at all, a network
    says what its empty state says, which is the softmax of b_y, and a counter how common each
    character is.

    Raises :class:`TextError` for a length below 0 or above T.
    """
    if not lengths or min(lengths) < 0 or max(lengths) > len(ids):
        raise TextError(f"of {len(ids)} characters, 0 to {len(ids)} can be shown")
    return np.array([_after(model, np.asarray(ids)[len(ids) - n :]) for n in lengths])


def _after(model: NumpyModel | Counter, shown: Ids) -> NDArray[np.float64]:
    if len(shown):
        if isinstance(model, Counter):  # it looks no further back
            shown = shown[-model.order :]
        state = model.initial_state()
        for char_id in shown:
            logits, state = model.step(np.array([char_id]), state)
    elif isinstance(model, Counter):
        shortest = model.shortened(1)  # reads any character, and looks at none
        logits, _ = shortest.step(np.array([0]), shortest.initial_state())
    else:
        logits = model.weights["b_y"][None]
    return softmax(np.asarray(logits, dtype=np.float64))[0]
