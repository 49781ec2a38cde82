"""The networks by hand, in NumPy: what the first half of the book derives line by line.

``rnn`` is min-char-rnn with its gradients, ``buffered`` trains the same network fast, and
``model`` reads with an RNN, a GRU or an LSTM of any number of layers. ``scans`` holds the ways to
compute a linear recurrence, ``schedules`` which pairs are joined when, ``log_scans`` two more ways
that lose digits, ``linear_cells`` the five recurrences that are linear, and ``linear`` reads with
them. :func:`network` is one of any kind.
"""

from collections.abc import Mapping

from rnnbook.numpy_networks import (
    buffered,
    linear,
    linear_cells,
    log_scans,
    model,
    rnn,
    scans,
    schedules,
)
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab

__all__ = [
    "buffered",
    "linear",
    "linear_cells",
    "log_scans",
    "model",
    "network",
    "rnn",
    "scans",
    "schedules",
]


def network(
    vocab: Vocab, config: ModelConfig, weights: Mapping[str, model.Array]
) -> model.NumpyModel:
    """The network of this configuration, of whichever kind, to read and to write with.

    Raises :class:`ValueError` if a weight is missing or has another shape.
    """
    made = linear.LinearModel if config.is_linear else model.NumpyModel
    return made(vocab, config, weights)
