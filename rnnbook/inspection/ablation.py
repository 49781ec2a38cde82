"""What a unit is worth: it is held at its mean while the network reads, and the loss grows.

Held at its mean a unit tells nothing, and the others still meet what they are used to;
at zero, many would meet what they never met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.inspection.reading import right_log_probs
from rnnbook.language_model import Trace, log_softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import label

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Cost:
    """What holding a unit costs, in nats a guess; NaN where there is no such guess.

    ``inside`` are the guesses made where the property holds, ``outside`` the others, and
    ``ending`` those of a character that ends it: the quotation mark that closes.
    """

    inside: float
    outside: float
    ending: float


def extra_costs(
    model: NumpyModel, trace: Trace, units: Sequence[int], *, start: int = 0, length: int = 300
) -> NDArray[np.float64]:
    """What each held unit adds to the cost of guessing text[start + 1 :]: (K, T - start - 1).

    Units are numbered as in :func:`rnnbook.inspection.unit_values`: layer after layer. The
    text is read in streams of ``length`` characters, each from the state that the trace
    has there; so a unit is held for at most so many characters. The rest is as it was read.

    Raises :class:`TextError` if the text is shorter than one stream and a character, and for
    the linear recurrences, whose logits do not come from their units alone.
    """
    if model.config.is_linear:
        raise TextError(
            f"units of a {label(model.config.kind)} cannot be held here; take an RNN, a GRU or "
            "an LSTM"
        )
    ids = model.vocab.encode(trace.text)
    asked, start = start, max(1, start)
    streams = (len(ids) - start - 1) // length
    if streams < 1:
        raise TextError(f"it takes {length + 2} characters or more to hold a unit in them")
    places = start + np.arange(streams * length).reshape(streams, length)
    before = -right_log_probs(trace.logits, ids)  # (T - 1,), of ids[1:]
    after = _costs(model, trace, units, ids[places], ids[places + 1], places[:, 0])
    extra = np.zeros((len(units), len(before)))
    extra[:, places.ravel()] = after.reshape(len(units), -1) - before[places.ravel()]
    return extra[:, asked:]


def _costs(model, trace, units, x, y, starts) -> NDArray[np.float64]:
    """Nats (K, B, T) of y (B, T) after x (B, T), read with one unit held in each of K copies."""
    rows = len(x)
    states = {"h": trace.hidden, **({} if trace.cell is None else {"c": trace.cell})}  # (L, T, H)
    state: Any = {
        name: np.tile(array[:, starts - 1], (1, len(units), 1)) for name, array in states.items()
    }
    means = {name: array.mean(axis=1) for name, array in states.items()}  # (L, H)
    costs = np.empty((len(units), *x.shape))
    for t in range(x.shape[1]):
        _hold(state, units, means, rows)
        _, state = model.step(np.tile(x[:, t], len(units)), state)
        _hold(state, units, means, rows)  # the guess comes from what is held, too
        logits = state["h"][-1] @ model.weights["W_hy"].T + model.weights["b_y"]
        wanted = np.tile(y[:, t], len(units))
        picked = log_softmax(logits)[np.arange(len(wanted)), wanted]
        costs[:, :, t] = -picked.reshape(len(units), rows)
    return costs


def _hold(state: Any, units: Sequence[int], means: dict[str, Array], rows: int) -> None:
    for k, unit in enumerate(units):
        for name, values in state.items():
            layer, column = divmod(unit, values.shape[2])
            values[layer, k * rows : (k + 1) * rows, column] = means[name][layer, column]


def cost(extra: NDArray[np.float64], labels: NDArray[Any]) -> Cost:
    """Sum up extra costs (T - 1,) by the labels (T,) of a property; a count holds above zero."""
    before, after = labels[:-1], labels[1:]
    places = (before > 0, before == 0, after < before)
    return Cost(*(float(extra[where].mean()) if where.any() else np.nan for where in places))
